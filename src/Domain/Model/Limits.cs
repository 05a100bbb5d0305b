namespace Cairn.Model;

/// <summary>The limits of the API. Bytes are of UTF-8.</summary>
public static class Limits
{
    /// <summary>Bytes of a concept's id.</summary>
    public const int IdBytes = 512;

    /// <summary>Bytes of an association's type or key, a label, or an attribute's name.</summary>
    public const int NameBytes = 128;

    /// <summary>Labels of one concept.</summary>
    public const int Labels = 16;

    /// <summary>Attributes of one concept or association.</summary>
    public const int Attributes = 256;

    /// <summary>Attributes that a space names as those whose texts are searched.</summary>
    public const int TextAttributes = 64;

    /// <summary>Bytes of one string or bytes attribute, nested ones included.</summary>
    public const int AttributeBytes = 64 * 1024;

    /// <summary>Items of one array, members of one object.</summary>
    public const int Items = 1024;

    /// <summary>Arrays and objects inside each other.</summary>
    public const int Nesting = 8;

    /// <summary>Bytes of a content.</summary>
    public const int ContentBytes = 1024 * 1024;

    /// <summary>Bytes of a media type.</summary>
    public const int MediaTypeBytes = 128;

    /// <summary>Components of a vector.</summary>
    public const int VectorDimensions = 4096;

    /// <summary>Operations of one commit.</summary>
    public const int Operations = 10_000;

    /// <summary>Preconditions of one commit.</summary>
    public const int Preconditions = 10_000;

    /// <summary>Bytes of a commit's frame: a group less the room for its headers.</summary>
    public const int CommitBytes = GroupBytes - (4 * 1024);

    /// <summary>
    /// Encoded bytes of one array that grows by additions, and of the attributes of one row that have no column: what one commit could have set.
    /// Without it, additions could grow a value past what the engine can hold in one piece.
    /// </summary>
    public const int StoredAttributeBytes = CommitBytes;

    /// <summary>Bytes of one group, which is one append: the largest block that an append blob takes at once.</summary>
    public const int GroupBytes = 4 * 1024 * 1024;

    /// <summary>Bytes of a condition in a query.</summary>
    public const int ExpressionBytes = 64 * 1024;

    /// <summary>Bytes of a LIKE pattern: what each place of a text may have to be compared with.</summary>
    public const int PatternBytes = 256;

    /// <summary>Parentheses inside each other in a condition.</summary>
    public const int ExpressionNesting = 100;

    /// <summary>Fields to sort by.</summary>
    public const int OrderTerms = 8;

    /// <summary>Bytes of a name in a query, with its path.</summary>
    public const int FieldNameBytes = 1024;

    /// <summary>Fields to group by.</summary>
    public const int AggregateKeys = 8;

    /// <summary>Values that an aggregation selects.</summary>
    public const int AggregateItems = 32;

    /// <summary>Groups that an aggregation holds, whether they are answered or not.</summary>
    public const int AggregateGroups = 100_000;

    /// <summary>Groups times selected values that an aggregation holds.</summary>
    public const int AggregateValues = 500_000;

    /// <summary>Names of each sort that a schema answers.</summary>
    public const int SchemaNames = 10_000;

    /// <summary>Rows that an aggregation answers.</summary>
    public const int AggregateRows = 10_000;

    /// <summary>Characters of a commit's id.</summary>
    public const int CommitIdLength = 128;

    /// <summary>Bytes of a commit's meta, encoded.</summary>
    public const int MetaBytes = 1024;

    /// <summary>Attribute columns of one table of a space; further (name, type) pairs live in each row's bag.</summary>
    public const int AttributeColumns = 1024;

    /// <summary>Durable operations not yet applied, past which writes are throttled.</summary>
    public const int UnappliedOperations = 1_000_000;

    /// <summary>Durable bytes not yet applied, past which writes are throttled.</summary>
    public const long UnappliedBytes = 512L * 1024 * 1024;

    /// <summary>Ids given by callers that one space remembers inside its idempotency window.</summary>
    public const long RememberedCommits = 64L * 1024 * 1024;
}
