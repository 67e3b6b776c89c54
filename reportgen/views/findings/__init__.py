"""What each method found, in a few sentences for the first page of a report: a module a method, as in `prose`."""
