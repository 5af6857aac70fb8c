"""The made-up company that shows the main job, and its removal without a trace. Refuses to touch real rows."""
