using Cairn.Formats;
using Cairn.Model;

namespace Cairn.Domain.Tests.Reconciliation;

/// <summary>Rules of replay that the reference model found broken, each as the smallest case.</summary>
public sealed class ReplayRulesTests
{
    private readonly ReplayHarness _replay = new();

    [Fact]
    public void Associate_WhenOneEndExpiredAndTheOtherWasImpliedByIt_ImpliesBoth()
    {
        Associate("ghost", "memory", MissingEndpoints.Imply);
        _replay.Commit(writer => writer.Put(new Concept { Id = "memory", ExpiresAt = _replay.Now.Plus(TimeSpan.FromHours(1)) }, OnExists.Replace));
        _replay.Now = _replay.Now.Plus(TimeSpan.FromHours(2));

        Associate("ghost", "memory", MissingEndpoints.Imply);

        var snapshot = _replay.Publish();
        Assert.True(snapshot.Concept(snapshot.FindConcept("ghost"u8)).IsImplied);
        Assert.True(snapshot.Concept(snapshot.FindConcept("memory"u8)).IsImplied);
        Assert.Equal((0L, 1L), (snapshot.ConceptCount, snapshot.AssociationCount));
    }

    private void Associate(string source, string target, MissingEndpoints endpoints) =>
        _replay.Commit(writer => writer.Associate(new Association { Key = new(source, "knows", target) }, OnExists.Replace, endpoints));
}
