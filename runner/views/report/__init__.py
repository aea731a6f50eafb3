"""`runner report`: one HTML file about a run. What it shows is a JSON value; the page draws it in the browser."""
