"""Code search over 100,000 entries on SQLite and on PostgreSQL: what a question takes, and what loading the table took."""

import io
import os
import random
import time

from bench.both_databases import measured_on_both
from bench.figures import spread_ms

_ROWS = int(os.environ.get("BENCH_CODES", "100000"))
_ROUNDS = 40
_GOAL_MS = 50
_FIRST = "急性 慢性 早期 進行 原発性 続発性 転移性 両側 右 左 先天性 特発性 潰瘍性 増殖性 再発性".split()  # noqa: SIM905
_READINGS = "キュウセイ マンセイ ソウキ シンコウ ゲンパツセイ ゾクハツセイ テンイセイ リョウソク ミギ ヒダリ センテンセイ".split()  # noqa: SIM905
_ORGANS = "胃 肺 肝 腎 膵 大腸 小腸 食道 脳 皮膚 網膜 角膜 乳房 甲状腺 前立腺 子宮 卵巣 骨 関節 血管".split()  # noqa: SIM905
_LAST = "癌 炎 腫瘍 潰瘍 出血 梗塞 嚢胞 結石 肉腫 腺癌 症 硬化症 障害 不全 ポリープ".split()  # noqa: SIM905
_ENGLISH = (
    "acute chronic early advanced primary secondary metastatic bilateral",
    "gastric pulmonary hepatic renal pancreatic colonic retinal corneal",
    "carcinoma inflammation tumour ulcer haemorrhage necrosis cyst calculus sarcoma adenocarcinoma",
)
_QUESTIONS = {
    "a code": "A00012",
    "the beginning of a code": "b0",
    "two characters that thousands have": "胃癌",
    "one character that a third has": "癌",
    "two words in any order": "癌 早期",
    "kana in half width, read as hiragana": "ｿｳｷ",
    "an English word": "carcinoma",
    "two English words in any order": "gastric early",
    "a rare number within names": "61234",
    "one letter": "e",
    "a word that none has": "褐色細胞",
    "Japanese, English and a number": "腺癌 early 612",
}


def _table() -> io.BytesIO:
    """Return a table of made-up names, as long as those of disease names are."""
    choose = random.Random(1)
    lines = ["code,ja,kana,en"]
    for at in range(_ROWS):
        ja = f"{choose.choice(_FIRST)}{choose.choice(_ORGANS)}{choose.choice(_ORGANS)}{choose.choice(_LAST)}{at}"
        english = " ".join(choose.choice(words.split()) for words in _ENGLISH)
        lines.append(f"{choose.choice('ABCDEFGH')}{at:05d},{ja},{choose.choice(_READINGS)}イガン{at % 977},{english} {at}")
    return io.BytesIO("\n".join(lines).encode())


def measure() -> None:
    """Migrate, load and ask, in a process that has a database of its own; print a row for each question."""
    os.environ["DJANGO_SETTINGS_MODULE"] = "config.settings"
    import django  # noqa: PLC0415

    django.setup()
    from django.core.management import call_command  # noqa: PLC0415
    from django.db import connection  # noqa: PLC0415

    from annotation.codes.systems import Columns  # noqa: PLC0415
    from annotation.selectors.codes import search_codes  # noqa: PLC0415
    from annotation.services.code_tables import TableFacts, load_csv  # noqa: PLC0415
    from societies.services.shipped_codes import load_shipped_codes  # noqa: PLC0415

    call_command("migrate", verbosity=0)
    load_shipped_codes()
    began, cpu = time.perf_counter(), time.process_time()
    load_csv(
        facts=TableFacts("urn:example:bench", "1", "Bench"),
        file=_table(),
        file_name="bench.csv",
        named=Columns("code", "ja", "kana", "en"),
    )
    took, used = time.perf_counter() - began, time.process_time() - cpu
    print(f"{connection.vendor}, loading {_ROWS:,} entries\t{took:.0f} s, {used:.0f} s of CPU in Python's process")
    worst = 0.0
    for name, q in _QUESTIONS.items():
        waits = []
        for _ in range(_ROUNDS):
            began = time.perf_counter()
            search_codes(q=q)
            waits.append(time.perf_counter() - began)
        worst = max(worst, sorted(waits)[int(_ROUNDS * 0.95)])
        print(f"{connection.vendor}, {name}: {q}\t{spread_ms(waits)}")
    print(f"{connection.vendor}, slowest p95 (goal: {_GOAL_MS} ms)\t{worst * 1000:.0f} ms")


def run() -> list[tuple[str, str]]:
    """Measure both databases, each in a process and on data of its own."""
    return measured_on_both("bench.codes")


if __name__ == "__main__":
    measure()
