"""The Chatham House Rule as code: levels, what each lets whom see where, and the notices. Imports no feature."""
