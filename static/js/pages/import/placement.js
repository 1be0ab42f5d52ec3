/** Where the marks of a file would lie: some outlines over a small picture of the image. */

import {el, replaceChildren, svg} from '../../lib/dom.js';
import {t, tn} from '../../lib/i18n.js';

/** @import {CampaignImage, FileImage, Import, ImportPage, Sample} from './types.js' */

/** Radius of a point as a share of the image's longer side. */
const POINT = 0.008;

/**
 * @param {ImportPage} page
 * @param {Import} detail
 * @param {(key: string) => string} colourOf
 * @returns {{element: HTMLElement, draw: () => void}}
 */
export function placement(page, detail, colourOf) {
  const placed = detail.images.flatMap((found) => {
    const image = page.images.find(({id}) => id === found.target);
    return image && found.marks > 0 ? [{found, image}] : [];
  });
  const element = el('div', {});
  if (placed.length === 0) {
    const text = detail.marks > 0 ? t('The placement is shown when the image is chosen.') : '';
    replaceChildren(element, el('p', {class: 'muted small', text}));
    return {element, draw: () => {}};
  }
  const figure = el('figure', {class: 'import-picture'});
  let at = 0;
  const draw = () => drawFigure(figure, placed[at].found, placed[at].image, detail.samples, colourOf);
  draw();
  replaceChildren(element, el('h3', {text: t('Placement')}), figure);
  if (placed.length > 1) {
    const options = placed.map(({image}, number) => el('option', {text: image.name, attrs: {value: number}}));
    const select = el('select', {attrs: {'aria-label': t('Image to show')}}, ...options);
    select.addEventListener('change', () => {
      at = Number(select.value);
      draw();
    });
    figure.before(select);
  }
  return {element, draw};
}

/**
 * @param {HTMLElement} figure
 * @param {FileImage} found
 * @param {CampaignImage} image
 * @param {Sample[]} samples
 * @param {(key: string) => string} colourOf
 */
function drawFigure(figure, found, image, samples, colourOf) {
  const shown = samples.filter((sample) => sample.image === found.name);
  const radius = Math.max(image.width, image.height) * POINT;
  const caption = tn('{shown} of {count} mark on {name}', '{shown} of {count} marks on {name}', found.marks, {shown: shown.length, name: image.name});
  const picture = svg(
    'svg',
    {viewBox: `0 0 ${image.width} ${image.height}`, role: 'img', 'aria-label': caption},
    svg('image', {href: image.thumbnail_url, width: image.width, height: image.height, preserveAspectRatio: 'none'}),
    ...shown.map((sample) => outline(sample, colourOf(sample.label), radius)),
  );
  replaceChildren(figure, picture, el('figcaption', {text: caption}));
}

/** @param {Sample} sample @param {string} colour @param {number} radius @returns {SVGElement} */
function outline({rings}, colour, radius) {
  const look = {class: 'import-outline', fill: colour, stroke: colour};
  if (rings.length === 1 && rings[0].length === 1) return svg('circle', {...look, cx: rings[0][0][0], cy: rings[0][0][1], r: radius});
  const path = rings.map((ring) => `M${ring.map((position) => position.join(' ')).join('L')}Z`).join('');
  return svg('path', {...look, d: path, 'fill-rule': 'evenodd'});
}
