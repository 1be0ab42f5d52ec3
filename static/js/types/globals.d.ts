// Django's JavaScriptCatalog, served at /i18n.js before any page module runs.
declare function gettext(msgid: string): string;
declare function ngettext(singular: string, plural: string, count: number): string;
declare function pgettext(context: string, msgid: string): string;
declare function npgettext(context: string, singular: string, plural: string, count: number): string;
declare function interpolate(format: string, values: object | unknown[], named?: boolean): string;
declare function get_format(name: string): string;
