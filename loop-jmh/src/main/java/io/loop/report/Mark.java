package io.loop.report;

/// What became of a budget.
enum Mark {
  MET("met"),
  MISSED("MISSED"),
  /// There is no limit: the figure is for the reader.
  REPORTED("reported"),
  /// A benchmark that it takes did not run or failed, perhaps since the machine lacks something.
  NOT_RUN("not run");

  private final String text;

  Mark(String text) {
    this.text = text;
  }

  @Override
  public String toString() {
    return text;
  }
}
