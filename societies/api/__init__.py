"""HTTP for programs and page scripts: parse, call one service or selector, answer."""
