using Cairn.Formats;
using Cairn.Functions.Answers;
using Cairn.Functions.Problems;
using Cairn.Functions.Requests;
using Cairn.Functions.Routing;
using Cairn.Model;
using Cairn.Primitives;
using Cairn.Snapshots;

namespace Cairn.Functions.Endpoints;

/// <summary>The one thing that a route names: a concept or an association.</summary>
internal abstract class Target
{
    public abstract string UnknownKind { get; }

    /// <summary>Its version if it is there.</summary>
    public abstract LogPosition? FindVersion(Snapshot snapshot, Timestamp now);

    public abstract void Require(CommitWriter writer, Condition condition, LogPosition version);

    /// <summary>Writes it whole; only after <see cref="FindVersion"/> found it in the same snapshot.</summary>
    public abstract void Write(JsonAnswer answer, Reading reading, FieldSelection fields);

    public ProblemException Unknown() => ProblemException.Of(UnknownKind, "it does not exist");
}

/// <summary>A concept by its id.</summary>
internal sealed class ConceptTarget(byte[] id) : Target
{
    public byte[] Id => id;

    public override string UnknownKind => ProblemKinds.UnknownConcept;

    public override LogPosition? FindVersion(Snapshot snapshot, Timestamp now)
    {
        var row = snapshot.FindConcept(id);
        return row >= 0 && snapshot.Concept(row) is var concept && concept.Exists(now) ? concept.Version : null;
    }

    public override void Require(CommitWriter writer, Condition condition, LogPosition version) => writer.RequireConcept(id, condition, version);

    public override void Write(JsonAnswer answer, Reading reading, FieldSelection fields) =>
        ConceptJson.Write(answer.Json, reading.Snapshot.Concept(reading.Snapshot.FindConcept(id)), fields, reading.Now);
}

/// <summary>An association by its names.</summary>
internal sealed class AssociationTarget(byte[] source, byte[] type, byte[] target, byte[] key) : Target
{
    public AssociationName Name => new(source, type, target, key);

    public override string UnknownKind => ProblemKinds.UnknownAssociation;

    public override LogPosition? FindVersion(Snapshot snapshot, Timestamp now)
    {
        var row = snapshot.FindAssociation(Name);
        return row >= 0 && snapshot.Association(row) is var association && Liveness.Exists(snapshot, association, now) ? association.Version : null;
    }

    public override void Require(CommitWriter writer, Condition condition, LogPosition version) => writer.RequireAssociation(Name, condition, version);

    public override void Write(JsonAnswer answer, Reading reading, FieldSelection fields) =>
        AssociationJson.Write(answer.Json, reading.Snapshot, reading.Snapshot.Association(reading.Snapshot.FindAssociation(Name)), fields, reading.Now);
}

/// <summary>What is there at a moment: expiry needs no write, so the snapshot alone cannot say.</summary>
internal static class Liveness
{
    public static bool Exists(Snapshot snapshot, AssociationView association, Timestamp now) =>
        association.IsAlive && IsEnd(snapshot.Concept(association.Source), now) && IsEnd(snapshot.Concept(association.Target), now);

    /// <summary>The row of a concept that exists or is implied.</summary>
    public static int? FindEnd(Reading reading, ReadOnlySpan<byte> id) =>
        reading.Snapshot.FindConcept(id) is >= 0 and var row && IsEnd(reading.Snapshot.Concept(row), reading.Now) ? row : null;

    /// <summary>Put and not expired, or implied.</summary>
    public static bool IsEnd(ConceptView concept, Timestamp now) => concept.IsImplied || concept.Exists(now);
}
