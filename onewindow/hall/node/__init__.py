"""The hall node: what flows between node and centre, and how (docs/decisions/0025-the-hall-node.md)."""
