namespace Cairn.Formats.Segments;

/// <summary>The registry of section kinds. A number is never given another meaning; a new kind is a new line here and in docs/formats/segment.md.</summary>
internal static class SectionKind
{
    /// <summary>What belongs to the whole space.</summary>
    public const ushort State = 1;

    /// <summary>Row groups of concepts.</summary>
    public const ushort ConceptRows = 2;

    /// <summary>Row groups of associations.</summary>
    public const ushort AssociationRows = 3;

    /// <summary>Arena chunks of a column of concepts; the argument is the column.</summary>
    public const ushort ConceptArena = 4;

    /// <summary>Arena chunks of a column of associations; the argument is the column.</summary>
    public const ushort AssociationArena = 5;

    /// <summary>Bytes of a key table's keys; the argument is the table.</summary>
    public const ushort KeyBytes = 6;

    /// <summary>Where a key table's keys lie; the argument is the table.</summary>
    public const ushort KeyReferences = 7;

    /// <summary>Slots of a hash index; the argument is the key table, or <see cref="OfAssociations"/>.</summary>
    public const ushort HashIndex = 8;

    /// <summary>Where each concept's neighbours begin.</summary>
    public const ushort AdjacencyOffsets = 9;

    /// <summary>Neighbours.</summary>
    public const ushort AdjacencyEntries = 10;

    /// <summary>Concepts in the order of their ids.</summary>
    public const ushort IdOrder = 11;

    /// <summary>Least and greatest cells of row groups of concepts.</summary>
    public const ushort ConceptZoneMaps = 12;

    /// <summary>Optional: postings of a run of texts; the argument is its first document.</summary>
    public const ushort TextPostings = 13;

    /// <summary>Optional: vectors of an index in int8; the argument is the index.</summary>
    public const ushort Vectors = 14;

    /// <summary>Optional: the small parts of an index that is derived of concepts; the argument is the index.</summary>
    public const ushort IndexState = 15;

    /// <summary>Optional: the terms of a run of texts; the argument is its first document.</summary>
    public const ushort TextTerms = 16;

    /// <summary>Optional: rows and lengths of documents.</summary>
    public const ushort TextDocuments = 17;

    /// <summary>Optional: rows and scales of the vectors of an index; the argument is the index.</summary>
    public const ushort VectorSlots = 18;

    /// <summary>Outcomes of commits.</summary>
    public const ushort Outcomes = 32;

    /// <summary>Positions of the outcomes.</summary>
    public const ushort OutcomePositions = 33;

    /// <summary>Ids of the commits.</summary>
    public const ushort CommitIds = 34;

    /// <summary>Every so-manieth commit id, to find the chunk of one.</summary>
    public const ushort CommitIdFences = 35;

    /// <summary>What a file of outcomes says of itself.</summary>
    public const ushort OutcomeRange = 36;

    /// <summary>Fingerprints of the ids that callers gave, to tell quickly that one is not there.</summary>
    public const ushort CommitIdFilter = 37;

    /// <summary>The argument of <see cref="HashIndex"/> for the index of associations by their ends.</summary>
    public const uint OfAssociations = 0xFFFF;
}
