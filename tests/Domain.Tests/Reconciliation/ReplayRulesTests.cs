using Cairn.Formats;
using Cairn.Model;
using Cairn.Primitives;

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

    [Fact]
    public void Commit_WhenForgottenBeforeTheWindowGrew_IsExpired()
    {
        Configure(TimeSpan.FromHours(1));
        var sent = _replay.Now;
        _replay.Commit(writer => writer.Delete("a"u8, OnMissing.Skip), "key", sent);
        _replay.Now = sent.Plus(TimeSpan.FromHours(2));
        _replay.Commit(writer => writer.Delete("b"u8, OnMissing.Skip));
        Configure(TimeSpan.FromHours(24));

        var again = _replay.Commit(writer => writer.Delete("a"u8, OnMissing.Skip), "key", sent);

        Assert.Equal((OutcomeKind.Rejected, RejectionReason.Expired), (again.Kind, again.Reason));
    }

    private void Configure(TimeSpan idempotencyWindow)
    {
        var body = SettingsCodec.Write(SpaceSettings.Default with { IdempotencyWindow = idempotencyWindow });
        var frame = new byte[FrameFormat.SystemFrameBytes(body.Length)];
        FrameFormat.WriteSystemFrame(frame, FrameKind.Configuration, body, new(99), (ulong)_replay.Frames.Count + 1, _replay.Now);
        Assert.Null(_replay.Apply(frame));
    }

    private void Associate(string source, string target, MissingEndpoints endpoints) =>
        _replay.Commit(writer => writer.Associate(new Association { Key = new(source, "knows", target) }, OnExists.Replace, endpoints));
}
