/** Brings the findings of the whole examination; loaded only where the campaign has other images of the subject. */

import {t, tn} from '../../lib/i18n.js';
import {placePanel} from '../cells/panel.js';
import {section} from '../panels/section.js';
import {placeOfHash} from './cites.js';
import {ExamView} from './view.js';

/** @import {Viewer} from '../../viewer/viewer.js' */
/** @import {MarkingRules} from '../marking_rules.js' */
/** @import {Review} from '../review.js' */
/** @import {Session} from '../session.js' */
/** @import {Citation} from '../types.js' */
/** @import {Workspace} from '../workspace.js' */
/** @import {ExamImage} from './cites.js' */
/** @import {ElsewhereFinding} from './view.js' */

/** @typedef {{session: Session, viewer: Viewer, workspace: Workspace, rules: MarkingRules, review: Review, panel: HTMLElement}} Parts */

/**
 * @param {Parts} parts
 * @throws {import('../../lib/api.js').ApiError} when the examination cannot be had
 */
export async function startExam({session, viewer, workspace, rules, review, panel}) {
  const {store, clock, read} = session;
  /** @type {{images: ExamImage[], findings: ElsewhereFinding[], more: boolean}} */
  const exam = await session.api.get(`${session.path}exam/`);
  const images = new Map(exam.images.map((image) => [image.id, image]));
  const imageId = read.image_id;

  /** @returns {Citation} */
  const here = () => {
    const chosen = [...workspace.state.selection].map((id) => store.get(id)).filter((mark) => mark?.body.geometry);
    const [mark] = chosen;
    if (chosen.length === 1 && mark) return {image_id: imageId, frame: mark.body.frame, annotation_id: mark.id};
    return {image_id: imageId, frame: viewer.frames || (images.get(imageId)?.frame_count ?? 1) > 1 ? viewer.frame : null, annotation_id: null};
  };
  /** @param {Citation} cited */
  const show = ({frame, annotation_id: markId}) => {
    const mark = markId === null ? null : store.seen(markId) ?? store.get(markId);
    if (frame !== null) void viewer.frames?.setFrame(frame);
    if (!mark) return;
    workspace.select([mark.id]);
    const geometry = /** @type {import('../types.js').Geometry | null} */ (mark.body.geometry);
    review.bringIntoView(/** @type {any} */ ({geometry, frame: mark.body.frame}));
  };
  /** @param {Citation} cited */
  const markOf = ({image_id: of, annotation_id: id}) =>
    id === null ? null : of === imageId ? (store.get(id)?.body ?? null) : (images.get(of)?.marks.find((mark) => mark.id === id) ?? null);

  const view = new ExamView({store, workspace, rules, clock, imageId, images, findings: exam.findings, here, show, markOf});
  const part = section({id: 'exam-panel', title: t('Whole examination'), isOpen: false}, view.element);
  const note = () => part.note(view.count ? tn('{count} finding', '{count} findings', view.count) : tn('{count} image', '{count} images', images.size));
  store.observe(note);
  note();
  placePanel(panel, part.element);
  const place = placeOfHash(location.hash);
  if (place.mark === null && place.frame === null) return;
  // Asked once: a reload should not go there again.
  history.replaceState(null, '', location.pathname + location.search);
  show({image_id: imageId, frame: place.frame ?? store.get(place.mark ?? '')?.body.frame ?? null, annotation_id: place.mark});
}
