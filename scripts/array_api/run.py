"""Runs the public suite of the array API against numpy(sheet): python3 scripts/array_api/run.py --suite DIR.

DIR is a checkout of the suite (data-apis/array-api-tests with its submodule); pytest and hypothesis are its own needs.
Prints how many tests pass and why others fail, and writes scripts/array_api/result.json for docs/numpy.md.
"""

import argparse
import collections
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
#: What the bridge does in Python, or what only Python has: no statement about a sheet.
LEFT_OUT = ['test_signatures.py', 'test_has_names.py', 'test_dlpack.py', 'test_inspection_functions.py', 'test_data_type_functions.py']


def reason(text):
    """The first line of what went wrong, without the values of one example."""
    found = re.findall(r'^[\s|]*E?\s*((?:\w+\.)*\w*(?:Error|Failed|Exception): .*)$', text, re.M)
    line = found[0] if found else text.strip().splitlines()[-1]
    if 'no real float dtype to match None' in line:
        return 'special cases of complex numbers, which are no dtype'
    line = re.sub(r'\([^)]*\)|\[[^\]]*\]|\d+(\.\d+)?(e[+-]?\d+)?', '…', line)
    return line[:110]


def without_complex(suite):
    """A copy of the suite that does not take complex dtypes for granted."""
    copy = os.path.join(tempfile.mkdtemp(), 'suite')
    shutil.copytree(suite, copy)
    path = os.path.join(copy, 'array_api_tests/dtype_helpers.py')
    with open(path) as file:
        text = file.read()
    with open(path, 'w') as file:
        text = text.replace('for dt in complex_dtypes]', 'for dt in complex_dtypes] or [(None, 0)]')
        file.write(text.replace('xp.asarray(complex()).dtype', 'None'))
    return copy


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument('--suite', required=True)
    parser.add_argument('--max-examples', default='5')
    parser.add_argument('--seconds', type=int, default=3600, help='for each file of tests')
    parser.add_argument('files', nargs='*')
    options = parser.parse_args()
    suite = without_complex(options.suite)
    folder = os.path.join(suite, 'array_api_tests')
    files = options.files or sorted(name for name in os.listdir(folder) if name.startswith('test_') and name not in LEFT_OUT)
    told = {'passed': 0, 'failed': 0, 'skipped': 0, 'reasons': collections.Counter(), 'unfinished': []}
    for name in files:
        report = tempfile.mktemp(suffix='.xml')
        command = [
            sys.executable, '-m', 'pytest', f'array_api_tests/{name}', '-q', '--disable-deadline', '--derandomize',
            '--max-examples', options.max_examples, f'--junitxml={report}', '-p', 'no:cacheprovider',
        ]
        environment = {
            **os.environ,
            'ARRAY_API_TESTS_MODULE': 'sheet_array_api',
            'ARRAY_API_TESTS_VERSION': '2024.12',
            'ARRAY_API_TESTS_SKIP_DTYPES': 'complex64,complex128',
            'PYTHONPATH': HERE,
        }
        try:
            subprocess.run(command, cwd=suite, env=environment, stdout=subprocess.DEVNULL, timeout=options.seconds)
        except subprocess.TimeoutExpired:
            told['unfinished'].append(name)
            continue
        part = read(report)
        print(f"{name}: {part['passed']} passed, {part['failed']} failed, {part['skipped']} skipped", flush=True)
        for kind in ('passed', 'failed', 'skipped'):
            told[kind] += part[kind]
        told['reasons'].update(part['reasons'])
    told['reasons'] = told['reasons'].most_common(40)
    for text, count in told['reasons']:
        print(f'{count:5} {text}')
    if not options.files:
        with open(os.path.join(HERE, 'result.json'), 'w') as file:
            file.write(json.dumps(told, indent=1, ensure_ascii=False) + '\n')


def read(report):
    import xml.etree.ElementTree as tree

    cases = tree.parse(report).getroot().iter('testcase')
    counts, reasons, names = collections.Counter(), collections.Counter(), collections.defaultdict(list)
    for case in cases:
        failure = case.find('failure') if case.find('failure') is not None else case.find('error')
        kind = 'skipped' if case.find('skipped') is not None else 'passed' if failure is None else 'failed'
        counts[kind] += 1
        if failure is not None:
            why = reason(failure.text or failure.get('message') or '')
            reasons[why] += 1
            names[why].append(case.get('name'))
    if os.environ.get('NAMES'):
        for why, each in names.items():
            print(why, '\n    ', ' '.join(each[:12]))
    return {**{kind: counts[kind] for kind in ('passed', 'failed', 'skipped')}, 'reasons': reasons}


main()
