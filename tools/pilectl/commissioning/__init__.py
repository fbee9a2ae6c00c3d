"""The checklist of a bring-up, who is asked, and its report."""
