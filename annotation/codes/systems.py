"""Code systems that are known here: their addresses, what may be done with them, and the layout of their tables where it is public."""

from typing import Final, Literal, NamedTuple

Terms = Literal["bundle", "bundle-subset", "local-codes-only", "operator-supplied", "reference-only"]
"""What the terms of a system allow, see docs/code-systems.md. ``operator-supplied`` and ``reference-only``: no code is ever shipped."""


class Columns(NamedTuple):
    """Which column holds what: the name in the first row, or the number from 1; empty: there is none."""

    code: str = ""
    ja: str = ""
    reading: str = ""
    en: str = ""


class Licence(NamedTuple):
    """What is said about the terms of a system."""

    ja: str
    en: str


class System(NamedTuple):
    """A code system."""

    slug: str
    name_ja: str
    name_en: str
    uri: str
    terms: Terms
    licence: Licence
    named: Columns = Columns()
    """Columns by their names, where the first row of the file has them."""
    numbered: Columns = Columns()
    """Columns by their numbers, for a file that begins with its first entry."""


_MEDIS: Final = Licence(
    "MEDIS-DC：施設が自ら入手する。再配布の許諾は確認できていない",
    "MEDIS-DC: the site obtains the table itself; no permission to pass it on was found",
)
_WHO: Final = Licence("WHO：再配布不可。施設ごとに利用許諾が必要", "WHO: no redistribution; the site needs its own licence")
_CC_BY: Final = Licence("CC BY 4.0", "CC BY 4.0")

# The order of the columns of the two MEDIS tables: http://byomei.org/dispack/disEXPANDER.html
SYSTEMS: Final[tuple[System, ...]] = (
    System(
        "medis",
        "MEDIS 標準病名（病名交換用コード）",
        "MEDIS disease names, exchange code",
        "http://medis.or.jp/CodeSystem/master-disease-exCode",
        "operator-supplied",
        _MEDIS,
        Columns("病名交換用コード", "病名表記", "病名表記カナ"),
        Columns("6", "3", "4"),
    ),
    System(
        "medis-number",
        "MEDIS 標準病名（病名管理番号）",
        "MEDIS disease names, management number",
        "http://medis.or.jp/CodeSystem/master-disease-keyNumber",
        "operator-supplied",
        _MEDIS,
        Columns("病名管理番号", "病名表記", "病名表記カナ"),
        Columns("2", "3", "4"),
    ),
    System(
        "medis-modifier",
        "MEDIS 修飾語（修飾語交換用コード）",
        "MEDIS modifiers, exchange code",
        "http://medis.or.jp/CodeSystem/master-disease-modExCode",
        "operator-supplied",
        _MEDIS,
    ),
    System(
        "icd10-ja",
        "ICD-10（2013年版）準拠 日本語版",
        "ICD-10 2013, Japanese",
        "http://jpfhir.jp/fhir/core/mhlw/CodeSystem/ICD10-2013-full",
        "operator-supplied",
        Licence(
            "厚生労働省：再配布の許諾は確認できていない。ICD-10 自体は WHO のもの",
            "MHLW: no permission to pass it on was found; ICD-10 itself belongs to WHO",
        ),
    ),
    System("icd10", "ICD-10（WHO）", "ICD-10 (WHO)", "http://hl7.org/fhir/sid/icd-10", "reference-only", _WHO),
    System(
        "icd11",
        "ICD-11 MMS（WHO）",
        "ICD-11 MMS (WHO)",
        "http://id.who.int/icd/release/11/mms",
        "reference-only",
        Licence(
            "CC BY-ND 3.0 IGO：書面の合意なしに翻訳や対応表を作れない",
            "CC BY-ND 3.0 IGO: no translation or map without a written agreement",
        ),
    ),
    System("icdo3", "ICD-O-3（WHO）", "ICD-O-3 (WHO)", "http://terminology.hl7.org/CodeSystem/icd-o-3", "reference-only", _WHO),
    System(
        "jed",
        "JED 用語",
        "JED terms",
        "urn:oid:1.2.392.200270.4.1000.1",
        "operator-supplied",
        Licence("著作権は JED-Project。用語集は施設が自ら入手する", "Copyright JED-Project; the site obtains the list itself"),
    ),
    System(
        "jj1017",
        "JJ1017",
        "JJ1017",
        "urn:mitate:cs:jj1017",
        "operator-supplied",
        Licence(
            "日本放射線技術学会・JIRA の指針。再配布の許諾は確認できていない",
            "JSRT and JIRA guideline; no permission to pass it on was found",
        ),
    ),
    System(
        "acr",
        "BI-RADS・LI-RADS",
        "BI-RADS, LI-RADS",
        "urn:mitate:cs:acr",
        "reference-only",
        Licence("ACR：番号は施設が入力する。用語集の文章は使えない", "ACR: numbers typed by the site, no text of the lexicon"),
    ),
    System(
        "dcm",
        "DICOM 用語",
        "DICOM terms",
        "http://dicom.nema.org/resources/ontology/DCM",
        "bundle",
        Licence("DICOM 規格。一覧は pydicom（MIT）による", "DICOM standard; the list is pydicom's (MIT)"),
    ),
    System(
        "sct",
        "SNOMED CT（DICOM 自由利用分）",
        "SNOMED CT, DICOM free set",
        "http://snomed.info/sct",
        "bundle-subset",
        Licence(
            "SNOMED International：DICOM 製品の中では自由。ほかの概念には Affiliate 契約が必要",
            "SNOMED International: free within DICOM products; every other concept needs an Affiliate licence",
        ),
    ),
    System(
        "radlex",
        "RadLex（DICOM 使用分）",
        "RadLex, DICOM's part",
        "http://radlex.org",
        "bundle-subset",
        Licence("RadLex License 2、RSNA", "RadLex licence 2, RSNA"),
    ),
    System(
        "ncit",
        "NCI シソーラス（DICOM 使用分）",
        "NCI Thesaurus, DICOM's part",
        "http://ncicb.nci.nih.gov/xml/owl/EVS/Thesaurus.owl",
        "bundle-subset",
        Licence("CC BY 4.0、米国国立がん研究所", "CC BY 4.0, National Cancer Institute"),
    ),
    System(
        "ucum",
        "UCUM（単位）",
        "UCUM, units",
        "http://unitsofmeasure.org",
        "bundle-subset",
        Licence("無償。著作権は Regenstrief Institute ほか", "Free of charge; copyright Regenstrief Institute and others"),
    ),
    System(
        "mst",
        "MST 3.0（OMED）",
        "MST 3.0 (OMED)",
        "urn:mitate:cs:mst-3.0",
        "bundle",
        Licence("OMED の表示を付ければ自由。中核部分は変更不可", "Free with the OMED notice, core unchanged"),
    ),
    System("mondo", "Mondo", "Mondo", "http://purl.obolibrary.org/obo/mondo.owl", "bundle-subset", _CC_BY),
    System("nando", "NANDO（難病）", "NANDO, intractable diseases", "http://nanbyodata.jp/ontology/nando", "bundle-subset", _CC_BY),
    System(
        "loinc",
        "LOINC",
        "LOINC",
        "http://loinc.org",
        "bundle-subset",
        Licence("LOINC の表示を付ければ自由。他者の項目には別の条件がある", "Free with the LOINC notice; items of others carry their own"),
    ),
)
BY_SLUG: Final = {system.slug: system for system in SYSTEMS}
BY_URI: Final = {system.uri: system for system in SYSTEMS}
