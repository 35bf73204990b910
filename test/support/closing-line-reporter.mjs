/** Ends every run with one plain line that a machine can read: `N passed, M failed`. */
export default class ClosingLineReporter {
  onRunComplete(_contexts, results) {
    const suitesThatDidNotRun = results.testResults.filter((suite) => suite.testExecError).length;
    // After Jest's own summary, which is written on the same event.
    process.on('exit', () => console.log(`${results.numPassedTests} passed, ${results.numFailedTests + suitesThatDidNotRun} failed`));
  }
}
