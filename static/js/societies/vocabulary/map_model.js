/** A label map as it is edited: what becomes of each label, and which are not decided yet. No DOM. */

/** @typedef {{to: string[], chosen?: string}} Rule */

/** @param {Record<string, Rule>} rules @param {string[]} codes of the source set @returns {Record<string, string>} code -> same, rename, merge, split, drop or unmapped */
export function kindsOf(rules, codes) {
  /** @type {Record<string, number>} */
  const aims = {};
  for (const code of codes) for (const to of rules[code]?.to ?? []) aims[to] = (aims[to] ?? 0) + 1;
  return Object.fromEntries(codes.map((code) => [code, kindOf(code, rules[code], aims)]));
}

/** @param {string} code @param {Rule | undefined} rule @param {Record<string, number>} aims @returns {string} */
function kindOf(code, rule, aims) {
  if (!rule) return 'unmapped';
  if (rule.to.length === 0) return 'drop';
  if (rule.to.length > 1) return 'split';
  if (aims[rule.to[0]] > 1) return 'merge';
  return rule.to[0] === code ? 'same' : 'rename';
}

/**
 * @param {Rule | undefined} rule
 * @param {string} to a label that is added to what the label becomes
 * @returns {Rule} of several labels, the first one is what marks get until another is chosen
 */
export function withTarget(rule, to) {
  const targets = [...new Set([...(rule?.to ?? []), to])];
  return targets.length > 1 ? {to: targets, chosen: rule?.chosen || targets[0]} : {to: targets};
}

/** @param {Rule} rule @param {string} to @returns {Rule | undefined} undefined: nothing is left, the label is undecided again */
export function withoutTarget(rule, to) {
  const targets = rule.to.filter((one) => one !== to);
  if (targets.length === 0) return undefined;
  if (targets.length === 1) return {to: targets};
  return {to: targets, chosen: rule.chosen === to ? targets[0] : rule.chosen};
}
