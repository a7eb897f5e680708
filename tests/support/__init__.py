"""What the end-to-end tests share: real programs, started on free ports and ended by pid."""
