/** Brings the reports of the study beside its image; loaded only where there are some. */

import {el} from '../../lib/dom.js';
import {t} from '../../lib/i18n.js';
import {placePanel} from '../cells/panel.js';
import {section} from '../panels/section.js';
import {ReportView} from './view.js';

/** @import {Session} from '../session.js' */
/** @import {Workspace} from '../workspace.js' */
/** @import {MarkingRules} from '../marking_rules.js' */
/** @import {Report} from './view.js' */

/** @typedef {{session: Session, workspace: Workspace, rules: MarkingRules, panel: HTMLElement}} Parts */

/**
 * @param {Parts} parts
 * @throws {import('../../lib/api.js').ApiError} when the reports cannot be had
 */
export async function startReports({session, workspace, rules, panel}) {
  /** @type {{reports: Report[], code_systems: string[]}} */
  const {reports, code_systems: systems} = await session.api.get(`${session.path}reports/`);
  const views = reports.map((report) => new ReportView({report, systems, store: session.store, clock: session.clock, workspace, rules}));
  const part = section({id: 'report-panel', title: t('Report')}, el('div', {class: 'reports'}, ...views.map(({element}) => element)));
  const note = () => {
    const count = views.reduce((sum, view) => sum + view.terms.length, 0);
    part.note(count ? t('{count} terms', {count}) : '');
  };
  session.store.observe(note);
  note();
  placePanel(panel, part.element);
}
