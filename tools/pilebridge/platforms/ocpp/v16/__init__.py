"""OCPP 1.6J: what the common part does, in the messages of this version."""
