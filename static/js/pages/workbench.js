/** The workbench: opens a read and puts its parts together. */

import {actionButton} from '../actions/buttons.js';
import {chordHint} from '../actions/chord_hint.js';
import {keepFocusOnClick, listenToKeys} from '../actions/keyboard.js';
import {Registry} from '../actions/registry.js';
import {fieldsOf, initialForm} from '../annotation/form/model.js';
import {chooseLabel} from '../annotation/label_actions.js';
import {keepLocks} from '../annotation/kept_locks.js';
import {keepView, keptView} from '../annotation/kept_view.js';
import {Lease} from '../annotation/lease.js';
import {MarkingRules} from '../annotation/marking_rules.js';
import {DiagnosisPanel} from '../annotation/panels/diagnosis_panel.js';
import {labelsPanel} from '../annotation/panels/labels_panel.js';
import {MarksPanel} from '../annotation/panels/marks_panel.js';
import {NotePanel} from '../annotation/panels/note_panel.js';
import {protocolPanel} from '../annotation/panels/protocol_panel.js';
import {SaveState} from '../annotation/panels/save_state.js';
import {StatusBar} from '../annotation/panels/status_bar.js';
import {SuggestionsPanel} from '../annotation/panels/suggestions_panel.js';
import {ToolOptions} from '../annotation/panels/tool_options.js';
import {Notices} from '../annotation/panels/workbench_notices.js';
import {MarksLayer} from '../annotation/render/marks_layer.js';
import {MasksLayer} from '../annotation/render/masks_layer.js';
import {SuggestionsLayer} from '../annotation/render/suggestions_layer.js';
import {listenToClipboard} from '../annotation/region_edit/actions.js';
import {followPointedMark} from '../annotation/pointing.js';
import {Review} from '../annotation/review.js';
import {SuggestionDesk} from '../annotation/suggestions/desk.js';
import {followPointing} from '../annotation/suggestions/pointing.js';
import {addViewButtons, followLinks, linkedView} from '../annotation/seeing_actions.js';
import {Session} from '../annotation/session.js';
import {Submission} from '../annotation/submit.js';
import {watchTabs} from '../annotation/tabs.js';
import {MEASURING} from '../annotation/tools/measure/actions.js';
import {keepOptions} from '../annotation/tools/kept_options.js';
import {Toolbox} from '../annotation/tools/toolbox.js';
import {addWorkbenchActions} from '../annotation/workbench_actions.js';
import {Lens, takesTracks} from '../annotation/tracks/lens.js';
import {Workspace} from '../annotation/workspace.js';
import {api} from '../lib/api.js';
import {el, replaceChildren} from '../lib/dom.js';
import {t} from '../lib/i18n.js';
import {later} from '../lib/later.js';
import {byId, dataOf, startPage} from '../lib/page.js';
import {Viewer} from '../viewer/viewer.js';

/** @import {Cells} from '../annotation/cells/cells.js' */

/** @typedef {{read_id: string, user_id: number, image_id: string, home_url: string, login_url: string, cells_worker_url: string, superpixels_worker_url: string}} PageData */

/** @param {Parameters<typeof import('../annotation/tracks/start.js')['startTracks']>[0]} parts */
async function startTracks(parts) {
  (await import('../annotation/tracks/start.js')).startTracks(parts);
}

/** @param {PageData} data */
async function open(data) {
  const session = await Session.open({api, readId: data.read_id, userId: String(data.user_id)});
  const [viewer] = await Promise.all([
    Viewer.open({
      target: byId('viewer'),
      imageId: data.image_id,
      at: linkedView() ?? keptView(data.read_id),
      reader: String(data.user_id),
      fullscreenElement: document.body,
    }),
    session.load(),
  ]);
  session.store.lens = new Lens(viewer);
  keepView(data.read_id, viewer);
  followLinks(viewer);
  build(data, session, viewer);
}

/** @param {PageData} data @param {Session} session @param {Viewer} viewer */
function build(data, session, viewer) {
  const {store, outbox, sync, clock, read} = session;
  const {campaign} = read;
  const rules = new MarkingRules(campaign);
  const workspace = new Workspace({canWrite: read.can_write});
  keepOptions(workspace, localStorage);
  const status = new StatusBar({element: byId('status-bar'), viewer});
  const say = status.say.bind(status);
  if (read.can_write) status.showEffort(clock);
  const onRefused = () => say(t('Locked marks stay as they are. Shift+L unlocks the selected ones.'), true);
  keepLocks({workspace, store, readId: read.id, storage: localStorage, onRefused});
  const suggestions = new SuggestionsLayer({viewer, store, workspace, rules});
  // Below the outlines, so that none is hidden.
  const masks = new MasksLayer({viewer, store, workspace, rules});
  const marks = new MarksLayer({viewer, store, workspace, rules});
  const acquisition = viewer.manifest.acquisition ?? {};
  const fields = campaign.form ? fieldsOf(campaign.form.schema, campaign.form.ui, acquisition) : [];
  const review = new Review({viewer, store, workspace, clock, say, startingForm: campaign.form && initialForm(fields)});
  const toolbox = new Toolbox({viewer, store, workspace, rules, marks, masks, suggestions, clock, say, superpixelsUrl: data.superpixels_worker_url, api, readId: data.read_id});
  const fetchProblems = later(async () => {
    const {ProblemDialog} = await import('../annotation/panels/problem_dialog.js');
    return new ProblemDialog({
      store,
      outbox,
      viewer,
      rules,
      reload: (id) => void session.reloadMark(id),
      show: (id) => workspace.select(store.get(id) ? [id] : []),
    });
  });
  /** @param {(problems: Awaited<ReturnType<typeof fetchProblems>>) => void} use */
  const withProblems = (use) => void fetchProblems().then(use, (error) => registry.failed(error));
  const openProblem = (/** @type {string} */ id) => withProblems((problems) => problems.open(id));
  const saving = new SaveState({
    outbox,
    sync,
    openProblem,
    discard: (entry) => {
      const {annotation_id, operation_id, verb} = entry.operation;
      if (verb === 'cells') store.forgetCells(operation_id);
      if (annotation_id) withProblems((problems) => void problems.discard(annotation_id));
      else void outbox.discardEntry(entry).then(() => session.feed.pull({always: true}));
    },
  });
  const onNotFetched = () => say(t('This is not fetched yet. Try again when the server answers.'), true);
  const registry = new Registry(dataOf('key-bindings'), onNotFetched);
  /** @type {DiagnosisPanel | null} */
  let diagnosis = null;
  /** @type {Submission | undefined} */
  let submission;
  /** @type {SuggestionsPanel | undefined} */
  let proposals;
  /** @type {Cells | null} */
  let cells = null;
  /** @type {Promise<Cells | null>} */
  let fetchedCells = Promise.resolve(null);
  const show = review.bringIntoView.bind(review);
  const desk = new SuggestionDesk({viewer, store, workspace, rules, suggestions, clock, exposures: session.exposures, registry, say, show});
  followPointing({viewer, workspace, suggestions});
  followPointedMark({viewer, workspace, marks});
  const parts = {
    session,
    viewer,
    workspace,
    rules,
    review,
    desk: () => desk,
    toolbox: () => toolbox,
    diagnosis: () => diagnosis,
    cells: () => cells,
    fetchedCells: () => fetchedCells,
    submission: () => /** @type {Submission} */ (submission),
    takeReason: () => proposals?.takeReason() ?? '',
    fields,
    openSaving: () => saving.open(),
  };
  addWorkbenchActions(registry, parts);
  new ToolOptions({element: status.options, viewer, workspace, registry});
  if (rules.asksDiagnosis) diagnosis = new DiagnosisPanel({campaign, fields, store, workspace, rules, registry, clock});
  proposals = new SuggestionsPanel({
    viewer,
    store,
    workspace,
    rules,
    registry,
    review,
    exposures: read.can_write ? session.exposures : null,
  });
  const busy = (/** @type {boolean} */ isBusy) => document.body.classList.toggle('is-busy', isBusy);
  const notices = new Notices({element: byId('notices'), loginUrl: data.login_url});
  const close = () => {
    document.body.classList.add('is-read-only');
    workspace.set({canWrite: false, tool: 'select', isDrawing: false});
    notices.readOnly(session.read, data.user_id);
  };
  submission = new Submission({session, workspace, diagnosis, review, saving, say, busy, onSubmitted: close, homeUrl: data.home_url});

  replaceChildren(byId('save-slot'), saving.element);
  buildToolbar(registry, rules, campaign.suggestions);
  addViewButtons(viewer, registry);
  replaceChildren(
    byId('submit-slot'),
    actionButton(registry, 'read.submit', {text: true, class: 'button-primary submit-button', showKey: true}),
    actionButton(registry, 'read.next', {text: true, class: 'next-button'}),
  );
  const hasTools = rules.tools.length > 0;
  const asked = el(
    'div',
    {class: 'panel-asked', attrs: {tabindex: -1}},
    protocolPanel(campaign),
    rules.drawnLabels.length > 0 ? labelsPanel({registry, rules, workspace, choose: (label) => chooseLabel(parts, label)}) : null,
    proposals.element,
    diagnosis?.element,
  );
  // What was marked stays in view, however long the form is.
  const done = hasTools && [
    new MarksPanel({viewer, store, workspace, rules, openProblem}).element,
    new NotePanel({store, workspace}).element,
  ];
  replaceChildren(byId('panel'), asked, done ? el('div', {class: 'panel-done'}, ...done) : null);
  if (hasTools && takesTracks(viewer)) later(() => startTracks({viewer, store, workspace, rules, registry, panel: byId('panel')}));
  later(async () => (await import('../annotation/selected_size.js')).showSelectedSize({viewer, store, workspace, after: status.message}));
  wire({registry, session, workspace, viewer, suggestions, notices, close});
  if (read.has_cell_layers) {
    const places = {panel: byId('panel'), toolbar: byId('toolbar'), workerUrl: data.cells_worker_url};
    fetchedCells = import('../annotation/cells/start.js')
      .then(({startCells}) => startCells({session, viewer, workspace, rules, registry, toolbox, say, ...places}))
      .then((started) => (cells = started))
      .catch(() => {
        say(t('The cells could not be loaded. Reload the page.'), true);
        return null;
      });
  }
  const beside = {session, viewer, workspace, rules, review, panel: byId('panel')};
  if (read.has_reports) {
    void import('../annotation/report/start.js')
      .then(({startReports}) => startReports(beside))
      .catch(() => say(t('The reports could not be loaded. Reload the page.'), true));
  }
  if (read.has_exam) {
    const failed = () => say(t('The images of the examination could not be loaded. Reload the page.'), true);
    later(() => import('../annotation/exam/start.js').then(({startExam}) => startExam(beside)).catch(failed));
  }
  if (!read.can_write) close();
}

/** @param {Registry} registry @param {MarkingRules} rules @param {boolean} hasSuggestions */
function buildToolbar(registry, rules, hasSuggestions) {
  /** @param {...string} ids */
  const group = (...ids) => el('div', {class: 'tool-group', attrs: {role: 'group'}}, ...ids.map((id) => actionButton(registry, id)));
  const hasTools = rules.tools.length > 0;
  replaceChildren(
    byId('toolbar'),
    hasTools && group('tool.select', ...rules.tools.map((tool) => `tool.${tool}`)),
    group(...MEASURING.map((tool) => `tool.${tool}`)),
    group('marks.undo', 'marks.redo', ...(hasTools ? ['marks.delete'] : [])),
    hasSuggestions && group('suggestion.show'),
    el('span', {class: 'spacer'}),
    group('read.panel', 'read.help'),
  );
}

/**
 * @param {object} parts
 * @param {Registry} parts.registry
 * @param {Session} parts.session
 * @param {Workspace} parts.workspace
 * @param {Viewer} parts.viewer
 * @param {SuggestionsLayer} parts.suggestions
 * @param {Notices} parts.notices
 * @param {() => void} parts.close
 */
function wire({registry, session, workspace, viewer, suggestions, notices, close}) {
  const {store, sync, history, read, exposures} = session;
  listenToKeys(registry);
  document.body.append(chordHint(registry));
  listenToClipboard(registry);
  for (const id of ['toolbar', 'panel', 'submit-slot']) keepFocusOnClick(byId(id));
  const refresh = () => registry.refresh();
  workspace.observe((changed) => {
    document.body.classList.toggle('has-no-panel', !workspace.state.hasPanel);
    if (changed.has('hasPanel')) viewer.map.updateSize();
    refresh();
  });
  history.observe(refresh);
  store.observe((changes) => {
    if (changes.deleted.length > 0) workspace.select([...workspace.state.selection].filter((id) => store.get(id)));
    if (changes.decided.length > 0 || changes.origin === 'remote') refresh();
  });
  sync.observe(() => notices.signedOut(sync.connection === 'signed-out'));
  watchTabs(read.id, (count) => notices.otherTabs(count));
  notices.durable(session.isDurable);
  session.start(close);
  if (!read.can_write) return;
  exposures.watch(viewer, suggestions);
  const lease = new Lease({api, readId: read.id, onChange: () => notices.lease(lease), onSignedOut: () => sync.signedOut()});
}

void startPage(open);
