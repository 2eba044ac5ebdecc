"""Middlewares: the inspector in front of a web application."""
