"""The methods in prose, one module for each method: every option of the study file has its wording here."""
