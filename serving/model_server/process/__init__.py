"""What concerns the process as a whole: its log, its memory, its crashes."""
