"""Video: containers parsed here, pixels decoded by FFmpeg's libraries, both in pixel workers only."""
