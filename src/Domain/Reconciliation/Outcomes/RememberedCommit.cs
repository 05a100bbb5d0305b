using Cairn.Model;
using Cairn.Primitives;

namespace Cairn.Reconciliation.Outcomes;

/// <summary>What is kept of one commit.</summary>
/// <param name="Time">Log clock at the commit.</param>
/// <param name="Body">Digest of its preconditions and operations; zero where it is not compared.</param>
/// <param name="Outcome">How it was decided.</param>
internal readonly record struct RememberedCommit(Timestamp Time, UInt128 Body, CommitOutcome Outcome);
