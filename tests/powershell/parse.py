"""Parses PowerShell files: prints each syntax error, and exits with 1 if there is one."""

import sys

import tree_sitter_pwsh
from tree_sitter import Language, Parser

parser = Parser(Language(tree_sitter_pwsh.language()))
bad = 0
for path in sys.argv[1:]:
    with open(path, "rb") as file:
        tree = parser.parse(file.read())
    todo = [tree.root_node]
    while todo:
        node = todo.pop()
        if node.type == "ERROR" or node.is_missing:
            print(f"{path}:{node.start_point[0] + 1}: {node.type}: {node.text[:60]!r}")
            bad = 1
        todo.extend(node.children)
sys.exit(bad)
