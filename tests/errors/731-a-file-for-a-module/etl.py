import csv


def clean():
    return csv.reader([])
