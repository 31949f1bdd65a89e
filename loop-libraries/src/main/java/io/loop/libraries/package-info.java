/// Other libraries in coroutines: each test is a row of docs/libraries.md.
@NullMarked
package io.loop.libraries;

import org.jspecify.annotations.NullMarked;
