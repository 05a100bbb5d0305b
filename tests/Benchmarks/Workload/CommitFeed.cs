using System.Globalization;
using Cairn.Formats;
using Cairn.Model;
using Cairn.Primitives;

namespace Cairn.Benchmarks.Workload;

/// <summary>What of a generated concept is written.</summary>
[Flags]
internal enum ConceptParts
{
    None = 0,
    Label = 1,
    Content = 2,
    Attributes = 4,
    All = Label | Content | Attributes,
}

/// <summary>Writes generated concepts and associations as operations of a commit.</summary>
internal static class CommitFeed
{
    /// <summary>The wall clock of the benchmarks' frames.</summary>
    public static readonly Timestamp Start = Timestamp.From(new DateTimeOffset(2026, 1, 1, 0, 0, 0, TimeSpan.Zero));

    private static long _commits;

    /// <summary>Begins a commit whose id the service made, as most are: each another one of 32 hexadecimal digits.</summary>
    public static void Begin(CommitWriter writer)
    {
        Span<byte> id = stackalloc byte[32];
        Interlocked.Increment(ref _commits).TryFormat(id, out _, "D32", CultureInfo.InvariantCulture);
        writer.Begin(id, givenByCaller: false, Start);
    }

    /// <summary>A put that replaces.</summary>
    /// <param name="writer">Where to.</param>
    /// <param name="concept">What is put.</param>
    /// <param name="parts">What of it.</param>
    /// <param name="vector">Beside that; empty: none.</param>
    public static void Put(CommitWriter writer, GeneratedConcept concept, ConceptParts parts, ReadOnlySpan<float> vector = default)
    {
        writer.BeginPut(concept.Id, OnExists.Replace);
        if ((parts & ConceptParts.Label) != 0)
        {
            writer.BeginLabels();
            writer.Label(concept.Label);
            writer.EndLabels();
        }

        if ((parts & ConceptParts.Content) != 0)
        {
            writer.Content(concept.Content);
        }

        if ((parts & ConceptParts.Attributes) != 0)
        {
            WriteAttributes(writer, concept);
        }

        if (!vector.IsEmpty)
        {
            writer.Vector(vector);
        }

        writer.EndOperation();
    }

    /// <summary>A patch of one attribute.</summary>
    public static void PatchSalary(CommitWriter writer, ReadOnlySpan<byte> id, long salary)
    {
        writer.BeginPatch(id, OnMissing.Fail);
        writer.BeginAttributes();
        writer.Attribute("salary"u8);
        writer.Int64(salary);
        writer.EndAttributes();
        writer.EndOperation();
    }

    /// <summary>An association with its weight as an attribute.</summary>
    public static void Associate(CommitWriter writer, ReadOnlySpan<byte> source, ReadOnlySpan<byte> target, in GeneratedAssociation association)
    {
        writer.BeginAssociate(new(source, AssociationGenerator.Types[association.Type], target, default), OnExists.Replace, MissingEndpoints.Fail);
        writer.BeginAttributes();
        writer.Attribute("weight"u8);
        writer.Float64(association.Weight);
        writer.EndAttributes();
        writer.EndOperation();
    }

    private static void WriteAttributes(CommitWriter writer, GeneratedConcept concept)
    {
        writer.BeginAttributes();
        writer.Attribute("salary"u8);
        writer.Int64(concept.Salary);
        writer.Attribute("role"u8);
        writer.String(concept.Role);
        writer.Attribute("score"u8);
        writer.Float64(concept.Score);
        writer.Attribute("active"u8);
        writer.Bool(concept.Active);
        writer.EndAttributes();
    }
}
