"""The words of a datasheet in Japanese and English; it is written in both, whatever language the site speaks at the moment."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

__all__ = ["TEXTS", "Texts"]

Texts = Mapping[str, str]

_ENGLISH: Final[Texts] = {
    "title": "{name}, version {number}",
    "what": "What it is",
    "society": "Society",
    "identity": "Dataset / version",
    "frozen": "Frozen on",
    "digest": "SHA-256 of the list of members",
    "persons": "persons",
    "subjects": "subjects",
    "images": "images",
    "reads": "reads",
    "marks": "marks",
    "origin": "Where it comes from, and who read it",
    "campaign": "Campaign",
    "label_set": "Label set",
    "readers": "Readers",
    "query": "Chosen by:",
    "picked_in": "Images picked by hand",
    "picked_out": "Images left out by hand",
    "label_maps": "Labels go out under the label maps",
    "unmapped": "Labels that the maps do not name",
    "unmapped_refuse": "there are none",
    "unmapped_drop": "are left out",
    "collection": "Collection",
    "modality": "Modality",
    "device": "Device",
    "label": "Label",
    "labels": "Label",
    "how": "How it is split",
    "rule": (
        "Split by person, never by image: all images of a person are in one split, under whatever pseudonym, and so are all subjects "
        "that share a file. Places of earlier versions are kept. A person who was found in two splits is in quarantine."
    ),
    "shares": "Shares asked for",
    "balanced": "Balanced by",
    "nothing": "nothing",
    "seed": "Seed",
    "split": "Split",
    "train": "train",
    "tune": "tune",
    "test": "test",
    "quarantine": "quarantine",
    "locked": "The test split is locked: it is handed out for evaluation only, and each time is recorded.",
    "terms": "Terms",
    "licence": "Licence",
    "consent": "Consent",
    "ethics": "Ethics approval",
    "attribution": "Attribution",
    "ownership": "Ownership",
    "not_recorded": "not recorded",
    "not_stated": "(not stated)",
    "missing": "What is missing",
    "without_label": "{count} images that were read carry no label.",
    "without_device": "Of {count} images the file does not say which device made them.",
    "quarantined": "{count} persons are in quarantine and are never handed out.",
    "empty_split": "The split {split} holds no image.",
    "no_governance": "{campaign}: not recorded: {what}.",
    "not_known": (
        "Persons are told apart by pseudonym, by files they share, and by what the society recorded. The same person under two numbers "
        "of two hospitals is two persons until somebody records it."
    ),
}
_JAPANESE: Final[Texts] = {
    "title": "{name} 第{number}版",
    "what": "概要",
    "society": "学会",
    "identity": "データセット／版",
    "frozen": "確定日",
    "digest": "構成一覧の SHA-256",
    "persons": "人数",
    "subjects": "被検者数",
    "images": "画像数",
    "reads": "読影数",
    "marks": "マーク数",
    "origin": "由来と読影者",
    "campaign": "キャンペーン",
    "label_set": "ラベルセット",
    "readers": "読影者数",
    "query": "抽出条件：",
    "picked_in": "手で選んだ画像",
    "picked_out": "手で除いた画像",
    "label_maps": "出力時のラベル対応表",
    "unmapped": "対応表にないラベル",
    "unmapped_refuse": "なし",
    "unmapped_drop": "除外",
    "collection": "コレクション",
    "modality": "モダリティ",
    "device": "装置",
    "label": "ラベル",
    "labels": "ラベル",
    "how": "分割の方法",
    "rule": (
        "画像単位ではなく人単位で分割しています。仮名が異なっていても同一人物の画像、および同じファイルを共有する被検者は、すべて同じ区分に入ります。"
        "以前の版での区分は変わりません。複数の区分にまたがると判明した人は隔離されます。"
    ),
    "shares": "指定した割合",
    "balanced": "均等化の項目",
    "nothing": "なし",
    "seed": "シード",
    "split": "区分",
    "train": "学習用",
    "tune": "調整用",
    "test": "テスト用",
    "quarantine": "隔離",
    "locked": "テスト用の区分は封印されています。評価の目的に限って取り出すことができ、そのつど記録されます。",
    "terms": "利用条件",
    "licence": "ライセンス",
    "consent": "同意",
    "ethics": "倫理審査の承認",
    "attribution": "クレジット表記",
    "ownership": "所有権",
    "not_recorded": "記録なし",
    "not_stated": "（記載なし）",
    "missing": "不足している情報",
    "without_label": "読影済みでもラベルのない画像が {count} 枚あります。",
    "without_device": "撮影装置がファイルに記載されていない画像が {count} 枚あります。",
    "quarantined": "{count} 人が隔離されており、提供されることはありません。",
    "empty_split": "{split}の区分には画像がありません。",
    "no_governance": "{campaign}：「{what}」が記録されていません。",
    "not_known": (
        "同一人物かどうかは、仮名、共有するファイル、および学会の記録によって判断しています。二つの病院で別の番号をもつ同じ人は、"
        "記録されるまで別人として扱われます。"
    ),
}
TEXTS: Final[Mapping[str, Texts]] = {"ja": _JAPANESE, "en": _ENGLISH}
