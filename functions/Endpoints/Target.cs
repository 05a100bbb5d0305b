using Cairn.Formats;
using Cairn.Functions.Answers;
using Cairn.Functions.Lookups;
using Cairn.Functions.Problems;
using Cairn.Functions.Requests;
using Cairn.Functions.Routing;
using Cairn.Model;
using Cairn.Primitives;
using Cairn.Query;
using Cairn.Snapshots;

namespace Cairn.Functions.Endpoints;

/// <summary>The one thing that a route names: a concept or an association.</summary>
internal abstract class Target : ILookup
{
    public abstract string UnknownKind { get; }

    /// <summary>Its row if it is there; else −1.</summary>
    public abstract int FindRow(Snapshot snapshot, Timestamp now);

    /// <summary>The version of a row that <see cref="FindRow"/> found in the same snapshot; so it is with the other ones.</summary>
    public abstract LogPosition VersionOf(Snapshot snapshot, int row);

    /// <summary>Whether it was true when the request asks.</summary>
    public abstract bool IsVisible(Reading reading, int row);

    public abstract void Require(CommitWriter writer, Condition condition, LogPosition version);

    /// <summary>Writes it whole.</summary>
    public abstract void Write(JsonAnswer answer, Reading reading, int row, FieldSelection fields);

    /// <inheritdoc/>
    public virtual ValueTask<Snapshot?> FindAsync(ColdSpace space, CancellationToken cancellationToken) => new((Snapshot?)null);

    /// <summary>Its version if it is there.</summary>
    public LogPosition? FindVersion(Snapshot snapshot, Timestamp now) => FindRow(snapshot, now) is >= 0 and var row ? VersionOf(snapshot, row) : null;

    public ProblemException Unknown() => ProblemException.Of(UnknownKind, "it does not exist");

    public ProblemException NotValid() => ProblemException.Of(UnknownKind, Liveness.NotValid);
}

/// <summary>A concept by its id.</summary>
internal sealed class ConceptTarget(byte[] id) : Target
{
    public byte[] Id => id;

    public override string UnknownKind => ProblemKinds.UnknownConcept;

    public override int FindRow(Snapshot snapshot, Timestamp now)
    {
        var row = snapshot.FindConcept(id);
        if (row < 0)
        {
            return row;
        }

        var concept = snapshot.Concept(row);
        concept.Prefetch();
        return concept.Exists(now) ? row : -1;
    }

    public override LogPosition VersionOf(Snapshot snapshot, int row) => snapshot.Concept(row).Version;

    public override ValueTask<Snapshot?> FindAsync(ColdSpace space, CancellationToken cancellationToken) => space.FindAsync([id], cancellationToken);

    public override bool IsVisible(Reading reading, int row) => reading.Visibility.ShowsConcept(row);

    public override void Require(CommitWriter writer, Condition condition, LogPosition version) => writer.RequireConcept(id, condition, version);

    public override void Write(JsonAnswer answer, Reading reading, int row, FieldSelection fields) =>
        ConceptJson.Write(answer.Json, reading.Snapshot.Concept(row), fields, reading.Now);
}

/// <summary>An association by its names.</summary>
internal sealed class AssociationTarget(byte[] source, byte[] type, byte[] target, byte[] key) : Target
{
    public AssociationName Name => new(source, type, target, key);

    public override string UnknownKind => ProblemKinds.UnknownAssociation;

    public override int FindRow(Snapshot snapshot, Timestamp now)
    {
        var row = snapshot.FindAssociation(Name);
        return row >= 0 && Liveness.ShowsWithEnds(new(snapshot, now, null), snapshot.Association(row)) ? row : -1;
    }

    public override LogPosition VersionOf(Snapshot snapshot, int row) => snapshot.Association(row).Version;

    public override bool IsVisible(Reading reading, int row) => Liveness.ShowsWithEnds(reading.Visibility, reading.Snapshot.Association(row));

    public override void Require(CommitWriter writer, Condition condition, LogPosition version) => writer.RequireAssociation(Name, condition, version);

    public override void Write(JsonAnswer answer, Reading reading, int row, FieldSelection fields) =>
        AssociationJson.Write(answer.Json, reading.Snapshot, reading.Snapshot.Association(row), fields, reading.Now);
}

/// <summary>What is there at a moment: expiry and valid times need no write, so the snapshot alone cannot say.</summary>
internal static class Liveness
{
    public const string NotValid = "it exists, but it was not valid at validAt";

    /// <summary>Whether an association can be seen, and so can both its ends.</summary>
    public static bool ShowsWithEnds(in Visibility visibility, AssociationView association) =>
        visibility.ShowsAssociation(association.Row) && visibility.ShowsEnd(association.Source) && visibility.ShowsEnd(association.Target);

    /// <summary>The row of a concept that exists or is implied.</summary>
    /// <exception cref="ProblemException">From <paramref name="refuse"/>, which is told why.</exception>
    public static int RequireEnd(Reading reading, ReadOnlySpan<byte> id, Func<string, ProblemException> refuse)
    {
        var row = reading.Snapshot.FindConcept(id);
        return reading.Visibility.ShowsConceptOrImplied(row) ? row
            : new Visibility(reading.Snapshot, reading.Now, null).ShowsConceptOrImplied(row) ? throw refuse(NotValid)
            : throw refuse("it does not exist");
    }
}
