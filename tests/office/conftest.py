"""The office of the end-to-end tests, for one test."""

from tests.e2e.conftest import office as office
