"""Writes crates/nn/tests/golden/tokenizer.json: what the reference tokenizer makes of hard text.

Run with `cargo xtask golden tokenizer`.

`cases` holds texts with their ids. `blocks` holds, for every 4,096 code points, the FNV-1a hash of the ids of a text
that sets each of them inside a word and alone: all of Unicode in a few kilobytes.
"""

import json
import random
import struct
import sys
from importlib.metadata import version
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "bench/encode"))
import environment

environment.enter()

from tokenizers import Tokenizer

OUT = Path(__file__).parents[2] / "crates/nn/tests/golden/tokenizer.json"
BLOCK = 0x1000

CASES = {
    "nothing": "",
    "only spaces": " \t\r\n\u00a0\u2003\u3000",
    "only controls": "\x00\x01\x1b\x7f\x85\u200b\ufeff",
    "plain": "The quick brown fox jumps over the lazy dog.",
    "case": "LOUD Words, CamelCase, iPhone, McDonald and eBay",
    "digits": "On 2024-02-29 at 23:59:59 we sold 1,234,567.89 units (+3.5%)",
    "every ASCII mark": "!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~",
    "every ASCII byte": "".join(map(chr, range(128))),
    "every Latin-1 character": " ".join(map(chr, range(128, 256))),
    "quotes and dashes": "“don’t” ‘won’t’ – it’s — a…b «c» ‹d› „e‟",
    "precomposed accents": "Zürich naïve façade Ångström Łódź Ærø œuvre Ðorðe smørrebrød",
    "combining accents": "Zu\u0308rich nai\u0308ve fac\u0327ade A\u030angstro\u0308m",
    "stacked marks": "Z\u0351\u036b\u0343a\u0324\u0310\u0361l\u0334g\u0489o\u0488 e\u0301\u0327\u0302\u0323",
    "marks alone": "\u0301 a \u0301\u0302 \u20dd b\u20dd \u0903 \u302e!\u302f",
    "spacing marks out of canonical order": "a\u1b44\u302ea a\u302e\u1b44a \u1b44\u302e x\u302e\u0301\u1b44\u0327y \U0001d158\U0001d165\U0001d16e",
    "dotted and dotless i": "İstanbul I ı i İİ ısı ISI Iİıi i\u0307",
    "sharp s": "Straße STRASSE ẞ groß GROẞ ﬁne ﬂag ﬀ",
    "final sigma": "ΟΔΥΣΣΕΥΣ Οδυσσεύς ΣΑΣ σας Ά ά Ὀδυσσεύς",
    "Cyrillic": "Съешь ещё этих мягких французских булок, Йод ёлка Ѣ",
    "Vietnamese": "Tiếng Việt có dấu: ở, ự, ễ, đặng Nguyễn",
    "Polish": "ZAŻÓŁĆ GĘŚLĄ JAŹŃ",
    "Hangul": "한국어 형태소 ㄱㄴㄷ 가각간 \u1112\u1161\u11ab",
    "Japanese": "東京都は日本の首都です。カタカナ、ひらがな、ガギグ、がぎぐ、ﾊﾝｶｸ",
    "Chinese": "人工智能,机器学习。北京大学!ABC中文abc123中 文",
    "ideographs beyond the basic plane": "𠀀𠀁 𪜀 𫝀 𫠝 𬺰 𰀀 x𠮷野家x 㐀㐁 鿿",
    "compatibility ideographs": "豈更車 﨎﨏 \U0002f800\U0002f801a",
    "wide forms": "ＡＢＣ １２３ ｡｢｣ ，。！？",
    "Arabic": "السَّلامُ عليكم، كيف الحال؟ لا إله ﷲ ﻻ ١٢٣",
    "Hebrew": "שָׁלוֹם עוֹלָם ״בדיקה״ ־ מע׳",
    "directions": "abc \u202eabc\u202c \u2066שלום\u2069 \u200fabc\u200e",
    "Devanagari": "नमस्ते दुनिया। क्षेत्र ज़्यादा",
    "Thai": "สวัสดีครับ ภาษาไทย กำ",
    "Tamil, Bengali, Khmer": "தமிழ் কোঠা ភាសាខ្មែរ ക്ഷ",
    "emoji": "👍🏽 👩‍👩‍👧‍👦 🏳️‍🌈 🇩🇪 ❤️ ☺ 1️⃣ 😀😀 x😀y",
    "mathematics": "∀x∈ℝ: x²≥0, √2≈1.414, ∑ᵢ aᵢ → ∞ 𝐀𝑏𝒞 ½ ℃ Ω K Å",
    "money and signs": "€5 £6 ¥7 ₹8 ¢9 §3 ¶ © ® ™ ° № ‰",
    "zero-width characters": "a\u200bb a\u200cb a\u200db a\u2060b a\ufeffb \u00adsoft\u00adhyphen\u00ad",
    "controls in words": "wo\x00rd wo\x07rd \x1b[31mred\x1b[0m form\x0cfeed tab\tbed vert\x0bical del\x7fete n\x85l",
    "line ends": "one\ntwo\r\nthree\rfour\u2028five\u2029six",
    "noncharacters and their neighbours": "a\ud7ffb a\ue000b a\uf8ffb a\ufffdb a\ufffeb a\uffffb \U0010ffff \U000e0041",
    "unassigned": "a\u0378b \u0378 a\U0003fffdb \u2fe0",
    "special tokens": "[CLS] a [SEP] b[MASK]c [PAD][UNK]",
    "special tokens in other case": "[cls] [Sep] [ SEP ] [SEP [SEP]] [[SEP]] SEP] [MASK",
    "special tokens at non-ASCII borders": "é[SEP]é 中[MASK]中 \u0301[SEP]\u0301 \u200b[SEP]\u200b a\u302e[SEP]\u1b44",
    "special tokens broken by controls": "[S\u200bEP] [SEP\x00] [CL\u00adS]",
    "pieces spelled out": "##ing ##s a##b ## #",
    "unused pieces": "[unused0] [unused99]",
    "a word of 99 characters": "a" * 99,
    "a word of 100 characters": "a" * 100,
    "a word of 101 characters": "a" * 101,
    "a word of 100 characters with accents": "é" * 100,
    "a word of 101 characters with accents": "é" * 101,
    "a word over the limit only until stripped": "e\u0301" * 100,
    "a word of 100 characters, four bytes each": "𝕏" * 100,
    "a word over the limit by lowering": "İ" * 101,
    "100 characters and controls": "a\u200b" * 100,
    "long chemistry": "methionylthreonylthreonylglutaminylarginyltyrosylglutamylserylleucylphenylalanine",
    "long German": "Donaudampfschifffahrtsgesellschaftskapitänsmütze Rindfleischetikettierungsüberwachungsaufgabenübertragungsgesetz",
    "genome": "ACGTACGGTTCAACGGTNNNACGTTTACGATCGATCGGGATCGAT",
    "address": "https://www.example.com/a/b?c=d&e=f#g user.name+tag@mail.example.co.uk C:\\Temp\\x.txt /usr/bin",
    "code": "if (a!=b) { x[i]+=1; } // t\u00e9st\n\tdef f(x): return x**2",
    "table": "| a | b |\n|---|:-:|\n| 1 | 2 |",
    "Greek question mark and other singletons": "τί\u037e a\u0387b \u1fefx\u1fef \u2000\u2001 \u212a\u212b \u0340\u0341\u0343\u0344",
    "musical and ancient": "𝄞𝅗𝅥 𐎀𐎁 𓂀 𒀀 𐐀𐐨",
    "lone accents after words": "cafe\u0301s re\u0301sume\u0301 \u0300x x\u0300 y\u0300\u200bz",
}
# Where random text is made of: letters, marks of several classes, controls, spaces, ideographs, specials.
ALPHABET = (
    list("aeinstABÉéİßσΣЖй中国々한가ᄒ\u0301\u0327\u0323\u0345\u1b44\u302e\u0903\u05b0\u0651\u200b\u200d\u00ad\x00\x07 \t\n\u00a0\u3000")
    + list("!-.,'’“[]#・。،\u0378\ufffd\U0001f600\U0001f3fd\U0001d165\U0001d16e\ufb01\u1e9b\u212b\uf900\U0002f800\U00020000")
    + ["[SEP]", "[MASK]", "##", "ing", "the", "un", "able", "\u1100\u1161", "e\u0301", "\u0958"]
)


def block_text(first: int) -> str:
    codes = (code for code in range(first, first + BLOCK) if not 0xD800 <= code < 0xE000)
    return "".join(f"a{chr(code)}b {chr(code)} " for code in codes)


def fnv1a(ids: list[int]) -> str:
    value = 0xCBF29CE484222325
    for byte in struct.pack(f"<{len(ids)}I", *ids):
        value = (value ^ byte) * 0x100000001B3 & 0xFFFFFFFFFFFFFFFF
    return f"{value:016x}"


def open_reference(model: Path) -> Tokenizer:
    tokenizer = Tokenizer.from_file(str(model / "tokenizer.json"))
    tokenizer.no_truncation()
    tokenizer.no_padding()
    return tokenizer


def random_texts(n: int, seed: int) -> list[str]:
    source = random.Random(seed)
    return ["".join(source.choices(ALPHABET, k=source.randint(1, 24))) for _ in range(n)]


def main() -> None:
    tokenizer = open_reference(environment.MODEL)
    named = dict(CASES)
    named |= {f"random {n}": text for n, text in enumerate(random_texts(200, seed=11))}
    cases = [{"name": name, "text": text, "ids": tokenizer.encode(text).ids} for name, text in named.items()]
    blocks = [fnv1a(tokenizer.encode(block_text(first)).ids) for first in range(0, 0x110000, BLOCK)]
    document = {
        "model": "sentence-transformers/all-MiniLM-L6-v2",
        "made_by": "xtask/golden/tokenizer.py",
        "versions": {"tokenizers": version("tokenizers")},
        "cases": cases,
        "blocks": blocks,
    }
    lines = json.dumps(document, separators=(",", ":")).replace('{"name"', '\n{"name"').replace('"blocks"', '\n"blocks"')
    OUT.write_text(lines + "\n", encoding="utf-8")
    print(f"{len(cases)} cases, {len(blocks)} blocks, {OUT.stat().st_size} bytes")


if __name__ == "__main__":
    main()
