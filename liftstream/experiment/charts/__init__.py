"""What a notebook shows: tables in HTML, and pictures by Altair."""
