"""ADMS, which firmware speaks to push: text and bytes in, records and text out."""
