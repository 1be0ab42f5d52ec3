/** What the server noticed about an image, in words: what it means for the person who reads it, and what to do. */

import {t} from '../lib/i18n.js';

/**
 * @typedef {object} Warning
 * @property {string} code
 * @property {string} text what is the matter
 * @property {string} advice what it means here, and what to do
 */

const ASK = () => t('Ask whoever provided the image before you rely on it.');

/** @type {Record<string, () => [text: string, advice: string]>} */
const WORDS = {
  colour_profile_applied: () => [
    t('The colour profile of the picture was applied.'),
    t('Colours are those that the camera or scanner meant. Nothing to do.'),
  ],
  date_invalid: () => [
    t('A date in the file is no valid date.'),
    t('It is left empty; ages that depend on it may be missing. Pixels are not affected.'),
  ],
  first_page_only: () => [
    t('The file holds several pages; only the first is shown.'),
    t('If you need another page, ask for it as a file of its own.'),
  ],
  frame_count_differs: () => [
    t('The file states another number of frames than its video has.'),
    t('All frames that are there are shown. Nothing to do.'),
  ],
  frame_rate_varies: () => [
    t('The frames were recorded at uneven times.'),
    t('The video runs at the recorded times. Go by the time beside the frame number, not by counting frames.'),
  ],
  frames_damaged: () => [
    t('Some frames of the video are damaged and cannot be shown.'),
    t('A short finding may lie in them; ask for the original recording before you exclude one.'),
  ],
  frames_of_several_kinds: () => [
    t('The frames are of several kinds, one after another.'),
    t('Echoes, phases, moments or planes follow each other; beside the frame number stands which one is shown. The next frame may be the same place again.'),
  ],
  frames_unevenly_spaced: () => [
    t('The frames do not lie at even distances.'),
    t('Frames may be missing. A small lesion may lie between two frames; do not judge lengths across frames.'),
  ],
  gantry_tilted: () => [
    t('The gantry was tilted: the slices lie obliquely in the body.'),
    t('Lengths within a slice are right. A structure drifts from slice to slice; that alone is no displacement.'),
  ],
  overlay_unreadable: () => [
    t('The file holds a drawing (overlay) that cannot be shown.'),
    t('Marks or text that somebody drew are missing here. Look at the original if they matter.'),
  ],
  pixels_not_square: () => [
    t('The pixels are not square: what is seen is stretched along one side.'),
    t('Do not judge shapes and angles by eye. Marks stay on the pixels where you put them.'),
  ],
  pyramid_incomplete: () => [
    t('The slide has no small overview level.'),
    t('Overviews appear slowly. Colours and details are not affected.'),
  ],
  range_stretched: () => [
    t('Deep grey values were stretched to what a screen shows.'),
    t('Compare brightness within this image only, not with other images.'),
  ],
  rescale_ignored: () => [
    t('The file does not say in a usable way what its grey values mean.'),
    t('Stored values are shown. Do not read them as Hounsfield or other units.'),
  ],
  series_in_several_stacks: () => [
    t('The series is shown as several images.'),
    t('Its slices differ in size, scale or direction and make no single stack. The others are listed in the collection.'),
  ],
  slide_parts_missing: () => [
    t('Parts of this slide are missing.'),
    t('A level lies in several files, and not all of them are here. Their place is white; a finding may lie there. Add the missing files.'),
  ],
  slide_parts_uncounted: () => [
    t('It is not known whether all parts of this slide are here.'),
    t('A level lies in several files, and none says how many there are. White places may be missing files, not empty glass.'),
  ],
  spacing_at_detector: () => [
    t('Lengths are measured at the detector.'),
    t('In the body they are smaller, by the magnification of the exposure.'),
  ],
  spacing_implausible: () => [t('The file states an impossible pixel spacing.'), t('Lengths are given in pixels. Do not convert them by eye.')],
  spacing_unknown: () => [t('The file states no pixel spacing.'), t('Lengths are given in pixels. Judge sizes by structures that you know.')],
  spacing_varies: () => [
    t('Parts of the image have different scales.'),
    t('Lengths are given in pixels. Compare sizes only within one part or one frame.'),
  ],
  stack_position_gap: () => [
    t('Slices seem to be missing from this stack.'),
    t('There is a gap in the positions. A finding may lie in the gap; ask for the complete series before you exclude one.'),
  ],
  stack_positions_missing: () => [
    t('Some slices do not say where they lie.'),
    t('They are shown by their numbers in the series; the order may not be that in the body.'),
  ],
  stack_positions_repeat: () => [
    t('Several slices lie in the same place.'),
    t('These may be phases, echoes or repeats shown one after another. Neighbours in the stack need not be neighbours in the body.'),
  ],
  uid_missing: () => [
    t('The file is no complete DICOM instance.'),
    t('It cannot be matched with its series or sent back to an archive. Pixels are not affected.'),
  ],
};

/** What is the rule for some kinds of image, or changes nothing for the reader, waits behind the button. */
const QUIET = new Set([
  'colour_profile_applied', 'date_invalid', 'frame_count_differs', 'frame_rate_varies', 'pyramid_incomplete',
  'series_in_several_stacks', 'spacing_unknown', 'uid_missing',
]);

/**
 * @param {string[] | undefined} codes of a manifest
 * @returns {boolean} whether a reader should meet them without asking
 */
export function isPressing(codes = []) {
  return codes.some((code) => !QUIET.has(code));
}

/** @returns {string[]} the codes that have words of their own */
export function knownCodes() {
  return Object.keys(WORDS);
}

/**
 * @param {string[] | undefined} codes of a manifest
 * @returns {Warning[]} in the order given, none twice
 */
export function warningsOf(codes = []) {
  return [...new Set(codes)].map((code) => {
    const [text, advice] = WORDS[code]?.() ?? [t('Something about this file is unusual ({code}).', {code}), ASK()];
    return {code, text, advice};
  });
}

/**
 * Remembers on this computer that the warnings of an image were put away. Another warning on the same image is news.
 * @param {{id: string, warnings?: string[]}} manifest
 * @param {Pick<Storage, 'getItem' | 'setItem'>} [store]
 */
export function dismissals({id, warnings = []}, store = sessionStorage) {
  const key = `mitate:warnings:${id}`;
  const known = [...warnings].sort().join(' ');
  return {
    /** @returns {boolean} */
    dismissed: () => store.getItem(key) === known,
    dismiss: () => store.setItem(key, known),
  };
}
