"""What pages are made of. Import the module you need; nothing here holds state or knows a domain."""
