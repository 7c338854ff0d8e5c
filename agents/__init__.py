"""Agents that learn, the policies that they are compared with, and their evaluation."""
