"""The Reflex kit: shell, components, how a page asks and does. It knows no domain; domains bring their pages to it."""
