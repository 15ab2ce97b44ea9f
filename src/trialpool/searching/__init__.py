"""Searches that are sent to public services, only where the user asks for one: PubMed, Europe PMC, ClinicalTrials.gov."""
