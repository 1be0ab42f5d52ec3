"""Live hints over WebSocket: that something changed, never what; the pull is the truth. And who looks at an image together."""
