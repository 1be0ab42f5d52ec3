// What the viewer and the annotation tools use of OpenLayers, and nothing else: the canvas path, no WebGL, no map formats.
// `npm run vendor` bundles this file into ../ol.mjs and mirrors it as ../ol.d.mts.
export {default as Collection} from 'ol/Collection.js';
export {default as Feature} from 'ol/Feature.js';
export {default as Map} from 'ol/Map.js';
export {default as MapBrowserEvent} from 'ol/MapBrowserEvent.js';
export {default as View} from 'ol/View.js';
export * as extent from 'ol/extent.js';
export * as condition from 'ol/events/condition.js';

export {default as LineString} from 'ol/geom/LineString.js';
export {default as MultiPoint} from 'ol/geom/MultiPoint.js';
export {default as MultiPolygon} from 'ol/geom/MultiPolygon.js';
export {default as Point} from 'ol/geom/Point.js';
export {default as Polygon, fromExtent as polygonFromExtent} from 'ol/geom/Polygon.js';

export {default as DragPan} from 'ol/interaction/DragPan.js';
export {default as DragRotate} from 'ol/interaction/DragRotate.js';
export {default as Interaction} from 'ol/interaction/Interaction.js';
export {default as KeyboardPan} from 'ol/interaction/KeyboardPan.js';
export {default as KeyboardZoom} from 'ol/interaction/KeyboardZoom.js';
export {default as Modify} from 'ol/interaction/Modify.js';
export {default as MouseWheelZoom} from 'ol/interaction/MouseWheelZoom.js';
export {default as PinchRotate} from 'ol/interaction/PinchRotate.js';
export {default as PinchZoom} from 'ol/interaction/PinchZoom.js';
export {default as PointerInteraction} from 'ol/interaction/Pointer.js';

export {default as ImageLayer} from 'ol/layer/Image.js';
export {default as Layer} from 'ol/layer/Layer.js';
export {default as TileLayer} from 'ol/layer/Tile.js';
export {default as VectorLayer} from 'ol/layer/Vector.js';
export {default as ImageStatic} from 'ol/source/ImageStatic.js';
export {default as ImageTile} from 'ol/source/ImageTile.js';
export {default as VectorSource} from 'ol/source/Vector.js';
export {default as Projection} from 'ol/proj/Projection.js';
export {default as TileGrid} from 'ol/tilegrid/TileGrid.js';

export {default as CircleStyle} from 'ol/style/Circle.js';
export {default as Fill} from 'ol/style/Fill.js';
export {default as RegularShape} from 'ol/style/RegularShape.js';
export {default as Stroke} from 'ol/style/Stroke.js';
export {default as Style} from 'ol/style/Style.js';
export {default as Text} from 'ol/style/Text.js';
