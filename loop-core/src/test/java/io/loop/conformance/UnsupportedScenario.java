package io.loop.conformance;

import java.io.Serial;

/// The scenario asks for something the interpreter does not have, or never ends; its trace ends
/// with `!!` and this message.
///
/// An error, and known to the interpreter by its type: no clause of the scenario can catch it.
final class UnsupportedScenario extends Error {
  @Serial private static final long serialVersionUID = 1;

  UnsupportedScenario(String message) {
    super(message);
  }
}
