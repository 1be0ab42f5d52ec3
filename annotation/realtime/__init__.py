"""Live hints over WebSocket: that something changed, never what. The pull is the truth."""
