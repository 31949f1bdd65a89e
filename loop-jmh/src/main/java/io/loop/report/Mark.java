package io.loop.report;

/// The outcome of a budget.
enum Mark {
  MET("met"),
  MISSED("MISSED"),
  /// There is no limit: the figure is for the reader.
  REPORTED("reported"),
  /// A benchmark that it needs did not run or failed, perhaps because something is not available on
  /// the machine.
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
