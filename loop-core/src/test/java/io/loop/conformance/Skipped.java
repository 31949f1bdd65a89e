package io.loop.conformance;

import java.util.Map;
import org.jspecify.annotations.Nullable;

/// The scenarios that are not compared, each with the reason.
final class Skipped {

  /// None at present; a deliberate difference goes here and into docs/asyncio-differences.md.
  private static final Map<String, String> AREAS = Map.of();

  private Skipped() {}

  /// {@return why an area is not compared, or null if it is}
  static @Nullable String reason(String area) {
    return AREAS.get(area);
  }
}
