// Written by scripts/build_vendor.mjs.
/** Says whether a mark's body is as the schema asks; what is wrong stands in `check.errors` until the next call. */
export const check: ((body: unknown) => boolean) & {errors?: {instancePath: string; keyword: string}[] | null};
