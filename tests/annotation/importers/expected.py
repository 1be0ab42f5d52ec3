"""What each file of the test data comes to: its format, marks, refusals, notes and the first place; or why it is refused as a whole."""

from tests.annotation.importers.outcomes import Outcome

EXPECTED: dict[str, Outcome] = {
    "annotations/asap/asap-dot.xml": Outcome("asap", 1),
    "annotations/asap/asap-polygon.xml": Outcome("asap", 1),
    "annotations/coco/datumaro_instances_val.json": Outcome("coco", 2),
    "annotations/coco/datumaro_panoptic_val.json": Outcome(
        "coco", 0, refused={"mask_elsewhere": 1}, first=("/annotations/0", "mask_elsewhere")
    ),
    "annotations/coco/polypgen_polyps.json": Outcome("coco", 6),
    "annotations/cvat/export_task_train.xml": Outcome(
        "cvat", 5, refused={"line_not_taken": 1}, notes={"points_split": 3}, first=("line 50, polyline", "line_not_taken")
    ),
    "annotations/cvat/for_video_annotations.xml": Outcome(
        "cvat", 1, refused={"line_not_taken": 1, "shape_not_taken": 1}, first=("line 79, points", "shape_not_taken")
    ),
    "annotations/cytomine/cytomine-freehand-polygon.txt": Outcome("cytomine", 1),
    "annotations/cytomine/cytomine-point.txt": Outcome("cytomine", 1),
    "annotations/cytomine/cytomine-polygon.txt": Outcome("cytomine", 1),
    "annotations/datumaro/train.json": Outcome("datumaro", 2),
    "annotations/dicom_ann/sm_annotations.dcm": Outcome("dicom-ann", 2, notes={"level_taken": 2}),
    "annotations/dicom_seg/liver.dcm": Outcome("dicom-seg", 3),
    "annotations/dicom_seg/liver_deflate.dcm": Outcome("dicom-seg", 3),
    "annotations/dicom_seg/liver_j2k.dcm": Outcome("dicom-seg", 3),
    "annotations/dicom_seg/liver_nonbyte_aligned.dcm": Outcome("dicom-seg", 3),
    "annotations/dicom_seg/liver_rle.dcm": Outcome("", 0, first=("", "pixels_undecodable")),
    "annotations/dicom_seg/partial_overlaps.dcm": Outcome("dicom-seg", 7),
    "annotations/dicom_seg/seg_image_cr_binary.dcm": Outcome("dicom-seg", 1),
    "annotations/dicom_seg/seg_image_ct_binary.dcm": Outcome("dicom-seg", 3),
    "annotations/dicom_seg/seg_image_ct_binary_overlap.dcm": Outcome("dicom-seg", 8),
    "annotations/dicom_seg/seg_image_ct_true_fractional.dcm": Outcome(
        "dicom-seg", 0, refused={"fractional_not_taken": 1}, first=("segment 1", "fractional_not_taken")
    ),
    "annotations/dicom_seg/seg_image_sm_control_labelmap.dcm": Outcome("dicom-seg", 19),
    "annotations/dicom_seg/seg_image_sm_control_labelmap_palette_color.dcm": Outcome("dicom-seg", 19),
    "annotations/dicom_seg/seg_image_sm_dots.dcm": Outcome("dicom-seg", 45),
    "annotations/dicom_seg/seg_image_sm_dots_tiled_full.dcm": Outcome(
        "dicom-seg", 45, refused={"geometry_empty": 5}, first=("segment 1", "geometry_empty")
    ),
    "annotations/dicom_sr/dcmjs_enhanced_sr.dcm": Outcome(
        "dicom-sr", 0, refused={"line_not_taken": 2}, first=("item 5.1.3.1", "line_not_taken")
    ),
    "annotations/dicom_sr/reportsi.dcm": Outcome("", 0, first=("", "no_annotations")),
    "annotations/dicom_sr/sr_document.dcm": Outcome("dicom-sr", 1),
    "annotations/dicom_sr/sr_document_with_multiple_groups.dcm": Outcome(
        "dicom-sr", 1, refused={"line_not_taken": 1, "object_empty": 1, "space_not_taken": 1}, first=("item 7.1", "object_empty")
    ),
    "annotations/dicom_sr/test-SR.dcm": Outcome("", 0, first=("", "no_annotations")),
    "annotations/dicom_sr/tid1500_pet_measurements.dcm": Outcome(
        "dicom-sr", 0, refused={"mask_elsewhere": 1}, first=("item 6.1.6", "mask_elsewhere")
    ),
    "annotations/dicom_sr/tid1500_rwvm.dcm": Outcome("", 0, first=("", "no_annotations")),
    "annotations/dicom_sr/tid1500_seg.dcm": Outcome("dicom-seg", 13),
    "annotations/geojson_valid/valid_geometry_multipolygon.geojson": Outcome("qupath", 1),
    "annotations/geojson_valid/valid_geometry_polygon.geojson": Outcome("qupath", 1),
    "annotations/histomicstk/roi_label_mask.png": Outcome("mask", 6),
    "annotations/hovernet/histo_he_nuclei.json": Outcome("hovernet", 6),
    "annotations/imagescope/CMU-1-Small-Region.xml": Outcome(
        "imagescope", 3, refused={"line_not_taken": 2}, notes={"ellipse_as_outline": 1}, first=("line 2, region 1", "line_not_taken")
    ),
    "annotations/labelme/img1.xml": Outcome("labelme-xml", 5, refused={"mask_elsewhere": 2}, first=("line 1, object 2", "mask_elsewhere")),
    "annotations/labelstudio/polygon_and_rotated_box.json": Outcome("labelstudio", 2, notes={"rotated_as_outline": 1}),
    "annotations/masks/polypgen_sample_1_mask.png": Outcome("mask", 1),
    "annotations/masks/polypgen_sample_2_mask.png": Outcome("mask", 1),
    "annotations/masks/polypgen_sample_3_mask.png": Outcome("mask", 1),
    "annotations/masks/polypgen_sample_4_mask.png": Outcome("mask", 1),
    "annotations/masks/polypgen_sample_5_mask.png": Outcome("mask", 1),
    "annotations/ndpa/test3-DAPI-2-(387).ndpi.ndpa": Outcome("ndpa", 3),
    "annotations/qupath/nuclei_dsb.geojson": Outcome("qupath", 125),
    "annotations/qupath/qupath-brush.json": Outcome("qupath", 1),
    "annotations/qupath/qupath-ellipse.json": Outcome("qupath", 1),
    "annotations/qupath/qupath-multipoint.json": Outcome("qupath", 3, notes={"points_split": 3}),
    "annotations/qupath/qupath-polygon-cell-classified.json": Outcome("qupath", 4),
    "annotations/qupath/qupath-polygon.json": Outcome("qupath", 1),
    "annotations/qupath/qupath-polyline.json": Outcome("qupath", 0, refused={"line_not_taken": 1}, first=("/geometry", "line_not_taken")),
    "annotations/qupath/qupath-rectangle.json": Outcome("qupath", 1),
    "annotations/qupath/stardist_qupath_project.zip": Outcome("", 0, first=("", "qupath_project")),
    "annotations/sectra/pathologycore-area.json": Outcome(
        "sectra", 0, refused={"fractions_not_placed": 1}, first=("/content", "fractions_not_placed")
    ),
    "annotations/voc/2007_000001.xml": Outcome("voc", 3, notes={"one_based": 3}),
    "annotations/yolo/classes.names": Outcome("", 0, first=("", "class_names")),
    "annotations/yolo/idrid_0001.txt": Outcome("yolo", 27),
    "annotations/yolo/idrid_0083.txt": Outcome("yolo", 4),
    "annotations/yolo/idrid_0119.txt": Outcome("yolo", 1),
    "annotations/yolo/idrid_0150.txt": Outcome("yolo", 4),
    "annotations/yolo/idrid_0320.txt": Outcome("yolo", 6),
    "annotations/yolo/idrid_0340.txt": Outcome("yolo", 1),
    "malformed/annotations/asap_entity_bomb.xml": Outcome("", 0, first=("line 1", "xml_dtd")),
    "malformed/annotations/coco_bad_references.json": Outcome(
        "coco", 0, refused={"object_malformed": 2, "unknown_file_image": 3}, first=("/images/0", "object_malformed")
    ),
    "malformed/annotations/colors_out_of_range.geojson": Outcome("qupath", 6, notes={"colour_unreadable": 4}),
    "malformed/annotations/coordinates_1e308.geojson": Outcome(
        "qupath", 0, refused={"geometry_outside_image": 1}, first=("/features/0/geometry/coordinates/0/0/0", "geometry_outside_image")
    ),
    "malformed/annotations/deep_nesting_100000.json": Outcome("", 0, first=("line 1, byte 64", "json_too_deep")),
    "malformed/annotations/duplicate_ids.geojson": Outcome("qupath", 3, notes={"id_repeated": 2}),
    "malformed/annotations/duplicate_keys.geojson": Outcome("", 0, first=("/features/0/geometry", "json_duplicate_key")),
    "malformed/annotations/empty_collection.geojson": Outcome("qupath", 0, refused={"no_annotations": 1}, first=("", "no_annotations")),
    "malformed/annotations/formula_in_class_name.geojson": Outcome("qupath", 5),
    "malformed/annotations/geometry_collection_nested.geojson": Outcome("", 0, first=("line 1, byte 1518", "json_too_deep")),
    "malformed/annotations/hole_outside_shell.geojson": Outcome(
        "qupath",
        0,
        refused={"geometry_invalid_rings": 1, "geometry_self_crossing": 1},
        first=("/features/0/geometry", "geometry_invalid_rings"),
    ),
    "malformed/annotations/huge_number_4000_digits.geojson": Outcome("", 0, first=("line 1, column 117", "json_number_too_long")),
    "malformed/annotations/imagescope_external_entity.xml": Outcome("", 0, first=("line 1", "xml_dtd")),
    "malformed/annotations/long_strings.geojson": Outcome(
        "qupath", 0, refused={"label_too_long": 1}, first=("/features/0/geometry", "label_too_long")
    ),
    "malformed/annotations/multipolygon_10000_overlapping.geojson": Outcome(
        "qupath",
        0,
        refused={"geometry_too_many_vertices": 1},
        first=("/features/0/geometry/coordinates/5000/0", "geometry_too_many_vertices"),
    ),
    "malformed/annotations/nan_infinity.geojson": Outcome(
        "qupath", 0, refused={"geometry_not_finite": 4}, first=("/features/0/geometry/coordinates/0/0/0", "geometry_not_finite")
    ),
    "malformed/annotations/ndjson_mixed.ndjson": Outcome(
        "qupath", 2, refused={"geometry_malformed": 1, "json_syntax": 1}, first=("line 2", "json_syntax")
    ),
    "malformed/annotations/not_a_collection.geojson": Outcome("", 0, first=("", "format_unknown")),
    "malformed/annotations/nul_and_lone_surrogate.geojson": Outcome(
        "qupath", 0, refused={"text_not_storable": 1}, first=("/features/0/geometry", "text_not_storable")
    ),
    "malformed/annotations/null_geometry.geojson": Outcome(
        "qupath", 0, refused={"object_empty": 1}, first=("/features/0/geometry", "object_empty")
    ),
    "malformed/annotations/one_polygon_200000_vertices.geojson": Outcome(
        "qupath", 0, refused={"geometry_too_many_vertices": 1}, first=("/features/0/geometry/coordinates/0", "geometry_too_many_vertices")
    ),
    "malformed/annotations/outside_the_slide.geojson": Outcome(
        "qupath", 0, refused={"geometry_outside_image": 2}, first=("/features/0/geometry", "geometry_outside_image")
    ),
    "malformed/annotations/proto_pollution.geojson": Outcome("qupath", 1),
    "malformed/annotations/script_in_class_name.geojson": Outcome("qupath", 1),
    "malformed/annotations/self_intersecting.geojson": Outcome(
        "qupath", 1, refused={"geometry_self_crossing": 1}, first=("/features/0/geometry", "geometry_self_crossing")
    ),
    "malformed/annotations/shift_jis.geojson": Outcome("", 0, first=("line 1, byte 236", "text_encoding")),
    "malformed/annotations/spike_and_duplicates.geojson": Outcome("qupath", 1, notes={"spike_removed": 1}),
    "malformed/annotations/star_self_crossing_quadratic.geojson": Outcome(
        "qupath", 0, refused={"geometry_self_crossing": 1}, first=("/features/0/geometry", "geometry_self_crossing")
    ),
    "malformed/annotations/top_level_array.geojson": Outcome("qupath", 2),
    "malformed/annotations/trailing_garbage.geojson": Outcome("", 0, first=("line 2, column 1", "json_syntax")),
    "malformed/annotations/truncated.geojson": Outcome("", 0, first=("line 1, column 181", "json_syntax")),
    "malformed/annotations/unclosed_and_short_rings.geojson": Outcome(
        "qupath", 0, refused={"geometry_malformed": 5}, first=("/features/0/geometry/coordinates/0", "geometry_malformed")
    ),
    "malformed/annotations/utf16_bom.geojson": Outcome("qupath", 1),
    "malformed/annotations/utf8_bom.geojson": Outcome("qupath", 1),
    "malformed/annotations/voc_quadratic_attributes.xml": Outcome(
        "voc", 0, refused={"geometry_not_finite": 2000}, first=("line 1, object 1/bbox/3", "geometry_not_finite")
    ),
    "malformed/annotations/wrong_types.geojson": Outcome(
        "qupath",
        3,
        refused={"geometry_malformed": 6, "object_empty": 2, "object_malformed": 5, "shape_not_taken": 1},
        notes={"colour_unreadable": 1},
        first=("/features/0", "object_malformed"),
    ),
    "malformed/annotations/xxe_canary.txt": Outcome("", 0, first=("", "class_names")),
    "malformed/annotations/yolo_bad_lines.txt": Outcome(
        "yolo", 1, refused={"geometry_outside_image": 1, "object_malformed": 5}, first=("line 2", "geometry_outside_image")
    ),
    "malformed/annotations/zero_area.geojson": Outcome(
        "qupath", 0, refused={"geometry_empty": 2}, first=("/features/0/geometry", "geometry_empty")
    ),
}
