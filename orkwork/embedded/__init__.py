"""The PostgreSQL and Valkey of a fresh machine: files, processes, addresses. Refuses to know what is stored in them."""
