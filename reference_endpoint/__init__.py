"""A small model server of our own, speaking the Open Inference Protocol V2. It knows nothing of the workbench."""
